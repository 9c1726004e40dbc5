/** Keeps the server's copy of the text as the editor has it. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import { LANGUAGE, toRange } from './convert';
import type * as monaco from './monaco';

export function follow(connection: MessageConnection, model: monaco.editor.ITextModel): void {
  const uri = model.uri.toString();
  void connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: LANGUAGE, version: model.getVersionId(), text: model.getValue() },
  });
  model.onDidChangeContent((event) => {
    void connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: event.versionId },
      contentChanges: event.changes.map((change) => ({ range: toRange(change.range), text: change.text })),
    });
  });
}
