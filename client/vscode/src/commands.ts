/** Commands that need the server, or that it puts behind its actions. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { SECTION } from './settings';

/** Show what became of the last requests. */
export async function why(client: LanguageClient): Promise<void> {
  const told = await client.sendRequest<{ text: string }>('workspace/executeCommand', {
    command: 'python-slm.why',
    arguments: [5],
  });
  const document = await vscode.workspace.openTextDocument({ content: told.text, language: 'plaintext' });
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
}

/** Let the user name what was just extracted. The server sends the place, in LSP's terms. */
export async function rename(client: LanguageClient, uri: string, place: { line: number; character: number }): Promise<void> {
  const position = client.protocol2CodeConverter.asPosition(place);
  const editor = await vscode.window.showTextDocument(client.protocol2CodeConverter.asUri(uri));
  editor.selection = new vscode.Selection(position, position);
  await vscode.commands.executeCommand('editor.action.rename', [editor.document.uri, position]);
}

/** Never show findings of this code: a setting of the workspace, else of the user. */
export async function disableRule(code: string): Promise<void> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const before = section.get<Record<string, string>>('diagnostics.severity', {});
  const target = vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await section.update('diagnostics.severity', { ...before, [code]: 'off' }, target);
  const undo = 'Undo';
  const answer = await vscode.window.showInformationMessage(`python-slm: ${code} is off (diagnostics.severity).`, undo);
  if (answer === undo) {
    await section.update('diagnostics.severity', before, target);
  }
}
