/** The item in the status bar: how the assistant is, and how fast the last answer was. */
import * as vscode from 'vscode';

/** What `experimental/serverStatus` carries. */
export interface ServerStatus {
  readonly health: 'ok' | 'warning' | 'error';
  readonly quiescent: boolean;
  readonly message: string;
  readonly model: string;
}

export type State =
  | { readonly kind: 'starting'; readonly message: string }
  | { readonly kind: 'stopped'; readonly message: string }
  | { readonly kind: 'running'; readonly status: ServerStatus };

/** The last answer: how many suggestions, after how long. */
export interface Answer {
  readonly milliseconds: number;
  readonly suggestions: number;
}

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('python-slm.status', vscode.StatusBarAlignment.Right, 100);
  private state: State = { kind: 'starting', message: 'starting' };
  private answer: Answer | undefined;
  private pending = 0;
  private silence = '';

  constructor() {
    this.item.name = 'python-slm';
    this.item.command = 'python-slm.menu';
    this.draw();
    this.item.show();
  }

  set(state: State): void {
    this.state = state;
    this.draw();
  }

  /** A request is under way; call what is returned when it ends, with the number of suggestions. */
  begin(): (suggestions: number) => void {
    const begun = performance.now();
    this.pending += 1;
    this.draw();
    return (suggestions) => {
      this.pending -= 1;
      this.answer = { milliseconds: performance.now() - begun, suggestions };
      this.draw();
    };
  }

  /** Why nothing is suggested just now, by the user's wish; empty where it is. */
  quiet(reason: string): void {
    this.silence = reason;
    this.draw();
  }

  dispose(): void {
    this.item.dispose();
  }

  private draw(): void {
    const [icon, told, colour] = this.seen();
    this.item.text = `$(${icon}) slm`;
    this.item.tooltip = new vscode.MarkdownString(told.join('\n\n'), true);
    this.item.backgroundColor = colour ? new vscode.ThemeColor(`statusBarItem.${colour}Background`) : undefined;
    this.item.accessibilityInformation = { label: `python-slm: ${told.join(', ').replaceAll('*', '')}` };
  }

  private seen(): [icon: string, told: string[], colour?: 'warning' | 'error'] {
    const hint = 'Click for more.';
    if (this.state.kind === 'starting') {
      return ['loading~spin', [`**python-slm** ${this.state.message}`, hint]];
    }
    if (this.state.kind === 'stopped') {
      return ['error', ['**python-slm does not run**', this.state.message, hint], 'error'];
    }
    const { health, quiescent, message, model } = this.state.status;
    if (!quiescent) {
      return ['loading~spin', [`**python-slm** ${message}`, hint]];
    }
    if (health === 'error') {
      return ['warning', ['**No model**: diagnostics and refactorings go on', message, hint], 'warning'];
    }
    const told = [`**${model}** on this machine`, ...(health === 'warning' ? [message] : []), ...this.latency(), hint];
    if (this.silence) {
      return ['circle-slash', [`**python-slm is quiet**: ${this.silence}`, ...told]];
    }
    return health === 'warning' ? ['warning', told, 'warning'] : [this.pending > 0 ? 'sync~spin' : 'sparkle', told];
  }

  private latency(): string[] {
    if (this.answer === undefined) {
      return [];
    }
    const { milliseconds, suggestions } = this.answer;
    return [`last answer: ${suggestions} suggestions in ${milliseconds.toFixed(0)} ms`];
  }
}
