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

/** A place as the server sends it. */
export interface Place {
  readonly uri: string;
  readonly position: { readonly line: number; readonly character: number };
}

/** Let the user name what was just extracted. */
export async function rename(client: LanguageClient, place: Place): Promise<void> {
  const position = client.protocol2CodeConverter.asPosition(place.position);
  const editor = await vscode.window.showTextDocument(client.protocol2CodeConverter.asUri(place.uri));
  editor.selection = new vscode.Selection(position, position);
  await vscode.commands.executeCommand('editor.action.rename', [editor.document.uri, position]);
}

/** Show what the server says of a function or class, as a page beside the editor. */
export async function showExplanation(client: LanguageClient, place: Place): Promise<void> {
  const told = await client.sendRequest<{ text: string }>('workspace/executeCommand', {
    command: 'python-slm.explain',
    arguments: [place],
  });
  const document = await vscode.workspace.openTextDocument({ content: told.text, language: 'markdown' });
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
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
