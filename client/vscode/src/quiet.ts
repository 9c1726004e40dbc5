/** When the user wants no suggestions: for a while, or in this workspace. */
import * as vscode from 'vscode';
import { SECTION } from './settings';

const MINUTE_MS = 60_000;

export class Quiet implements vscode.Disposable {
  private until = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `changed` is told why it is quiet now, or the empty string. */
  constructor(private readonly changed: (reason: string) => void) {
    this.tell();
  }

  /** Whether nothing shall be suggested now. */
  get now(): boolean {
    return this.reason !== '';
  }

  snooze(minutes: number): void {
    clearTimeout(this.timer);
    this.until = Date.now() + minutes * MINUTE_MS;
    this.timer = setTimeout(() => this.tell(), minutes * MINUTE_MS + 1);
    this.tell();
  }

  wake(): void {
    clearTimeout(this.timer);
    this.until = 0;
    this.tell();
  }

  /** Switch suggestions on or off where the user is: in the workspace if there is one. */
  async toggle(): Promise<void> {
    const section = vscode.workspace.getConfiguration(SECTION);
    const target = vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await section.update('completion.enable', !section.get<boolean>('completion.enable', true), target);
    this.tell();
  }

  tell(): void {
    this.changed(this.reason);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private get reason(): string {
    if (!vscode.workspace.getConfiguration(SECTION).get<boolean>('completion.enable', true)) {
      return 'completion.enable is off here';
    }
    const left = this.until - Date.now();
    return left > 0 ? `snoozing until ${new Date(this.until).toLocaleTimeString()}` : '';
  }
}
