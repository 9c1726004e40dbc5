/** Activation: find the server, or offer to install it, start it, and keep the editor told. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { buildClient, sendSettings, type Surroundings } from './client';
import { disableRule, rename, showExplanation, why, type Place } from './commands';
import { find, make, type Found } from './environment';
import { showMenu } from './menu';
import { Quiet } from './quiet';
import { SECTION, serverSettingNames } from './settings';
import { StatusItem } from './status';

const INSTALL = 'Install it';
const CHOOSE = 'Choose a Python…';
const LOG = 'Show log';

class Extension implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel('python-slm', { log: true });
  private readonly status = new StatusItem();
  private readonly quiet = new Quiet((reason) => this.status.quiet(reason));
  private readonly around: Surroundings;
  private client: LanguageClient | undefined;
  private found: Found | undefined;
  private starting: Promise<void> = Promise.resolve();

  private readonly commands: Record<string, (...args: never[]) => unknown> = {
    menu: () => showMenu(this.quiet),
    restart: () => this.restart(),
    install: () => this.install(),
    choosePython: () => this.choosePython(),
    showLogs: () => this.log.show(),
    doctor: () => this.doctor(),
    snooze: () => this.quiet.snooze(10),
    toggle: () => this.quiet.toggle(),
    why: () => this.withClient(why),
    rename: (place: Place) => this.withClient((client) => rename(client, place)),
    showExplanation: (place: Place) => this.withClient((client) => showExplanation(client, place)),
    disableRule: (code: string) => disableRule(code),
    walkthrough: () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${this.context.extension.id}#start`),
  };

  constructor(private readonly context: vscode.ExtensionContext) {
    const settingNames = serverSettingNames(context.extension.packageJSON);
    const commands = new Set(Object.keys(this.commands).map((name) => `${SECTION}.${name}`));
    this.around = { log: this.log, status: this.status, quiet: this.quiet, settingNames, commands };
  }

  register(): void {
    for (const [name, act] of Object.entries(this.commands)) {
      this.context.subscriptions.push(vscode.commands.registerCommand(`${SECTION}.${name}`, act));
    }
    this.context.subscriptions.push(
      this,
      vscode.workspace.onDidChangeConfiguration((event) => this.configured(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
    );
  }

  /** Stop what runs and start what the settings name; one after the other, however often it is asked for. */
  restart(): Promise<void> {
    this.starting = this.starting.then(() => this.startAgain());
    return this.starting;
  }

  async dispose(): Promise<void> {
    this.quiet.dispose();
    this.status.dispose();
    await this.client?.dispose();
    this.log.dispose();
  }

  private async startAgain(): Promise<void> {
    await this.client?.dispose();
    this.client = undefined;
    this.status.set({ kind: 'starting', message: 'looks for its server' });
    try {
      this.found = await find(this.context.globalStorageUri);
      if (this.found === undefined) {
        this.status.set({ kind: 'stopped', message: 'Its server is not installed yet.' });
        void this.offerToInstall();
        return;
      }
      this.log.info(`server: ${this.found.program} ${this.found.args.join(' ')} (${this.found.why}) ${this.found.version}`);
      this.client = buildClient(this.found, this.around);
      await this.client.start();
    } catch (error) {
      await this.failed('python-slm could not be started', error);
    }
  }

  private async offerToInstall(): Promise<void> {
    const text = 'python-slm needs its server: a Python package with its model, about 320 MB with what it builds upon.';
    const answer = await vscode.window.showInformationMessage(text, INSTALL, CHOOSE);
    if (answer === INSTALL) {
      await this.install();
    } else if (answer === CHOOSE) {
      await this.choosePython();
    }
  }

  private async install(): Promise<void> {
    const options = { location: vscode.ProgressLocation.Notification, title: 'python-slm', cancellable: true };
    this.status.set({ kind: 'starting', message: 'installs its server' });
    try {
      await vscode.window.withProgress(options, (progress, token) =>
        make(this.context, this.log, (message) => progress.report({ message }), token),
      );
    } catch (error) {
      this.status.set({ kind: 'stopped', message: 'Its server is not installed yet.' });
      if (!(error instanceof vscode.CancellationError)) {
        await this.failed('The server could not be installed', error);
      }
      return;
    }
    await this.restart();
  }

  private async choosePython(): Promise<void> {
    const [chosen] = (await vscode.window.showOpenDialog({ title: 'A Python that has python-slm', openLabel: 'Use it' })) ?? [];
    if (chosen !== undefined) {
      const section = vscode.workspace.getConfiguration(SECTION);
      await section.update('server.python', chosen.fsPath, vscode.ConfigurationTarget.Global);
    }
  }

  private async failed(what: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error(`${what}: ${reason}`);
    this.status.set({ kind: 'stopped', message: reason });
    const answer = await vscode.window.showErrorMessage(`${what}: ${reason}`, LOG, CHOOSE);
    if (answer === LOG) {
      this.log.show();
    } else if (answer === CHOOSE) {
      await this.choosePython();
    }
  }

  private doctor(): void {
    if (this.found === undefined) {
      void this.offerToInstall();
      return;
    }
    const args = this.found.args.map((one) => (one === 'lsp' ? 'doctor' : one));
    const terminal = vscode.window.createTerminal({ name: 'slm doctor', shellPath: this.found.program, shellArgs: args });
    terminal.show();
  }

  private async withClient(act: (client: LanguageClient) => Promise<void>): Promise<void> {
    await this.starting;
    if (this.client?.isRunning()) {
      await act(this.client);
    } else {
      await vscode.window.showWarningMessage('python-slm does not run.', LOG).then((answer) => answer && this.log.show());
    }
  }

  private async configured(event: vscode.ConfigurationChangeEvent): Promise<void> {
    if (!event.affectsConfiguration(SECTION)) {
      return;
    }
    this.quiet.tell();
    if (event.affectsConfiguration(`${SECTION}.server`)) {
      await this.restart();
    } else if (this.client !== undefined) {
      await sendSettings(this.client, this.around.settingNames);
    }
  }
}

export function activate(context: vscode.ExtensionContext): void {
  const extension = new Extension(context);
  extension.register();
  void extension.restart();
}
