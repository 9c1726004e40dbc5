/** What a click on the status bar's item offers. */
import * as vscode from 'vscode';
import type { Quiet } from './quiet';

interface Choice extends vscode.QuickPickItem {
  readonly act?: () => unknown;
}

export async function showMenu(quiet: Quiet): Promise<void> {
  const silent = quiet.now;
  const enabled = vscode.workspace.getConfiguration('python-slm').get<boolean>('completion.enable', true);
  const command = (name: string) => () => vscode.commands.executeCommand(name);
  const choices: Choice[] = [
    { label: '$(question) Why did nothing appear?', description: 'what became of the last request', act: command('python-slm.why') },
    { label: 'Suggestions', kind: vscode.QuickPickItemKind.Separator },
    ...(silent && enabled ? [{ label: '$(bell) Suggest again now', act: () => quiet.wake() }] : []),
    { label: '$(bell-slash) Snooze for 10 minutes', act: () => quiet.snooze(10) },
    { label: '$(bell-slash) Snooze for an hour', act: () => quiet.snooze(60) },
    enabled
      ? { label: '$(circle-slash) Off here', description: 'completion.enable, in this workspace', act: () => quiet.toggle() }
      : { label: '$(sparkle) On here', description: 'completion.enable, in this workspace', act: () => quiet.toggle() },
    { label: 'Server', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(debug-restart) Restart', act: command('python-slm.restart') },
    { label: '$(output) Logs', act: command('python-slm.showLogs') },
    { label: '$(pulse) Doctor', description: 'checks the installation in a terminal', act: command('python-slm.doctor') },
    { label: '$(gear) Settings', act: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:python-slm.python-slm') },
    { label: '$(book) First steps', act: command('python-slm.walkthrough') },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: 'python-slm', placeHolder: 'What would you like?' });
  await chosen?.act?.();
}
