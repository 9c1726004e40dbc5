/** Ghost text: the server's inline completions, with reports of what was shown and accepted. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import type * as lsp from 'vscode-languageserver-protocol';
import { asked } from './connection';
import { fromRange, LANGUAGE, toPosition } from './convert';
import * as monaco from './monaco';

interface Item extends monaco.languages.InlineCompletion {
  readonly reported?: lsp.Command | undefined;
}

export function offerGhostText(connection: MessageConnection): void {
  monaco.editor.registerCommand('python-slm.accepted', (_accessor, command: lsp.Command) => {
    void asked(connection, 'workspace/executeCommand', { command: command.command, arguments: command.arguments });
  });
  monaco.languages.registerInlineCompletionsProvider(LANGUAGE, {
    async provideInlineCompletions(model, position, context, token) {
      const byHand = context.triggerKind === monaco.languages.InlineCompletionTriggerKind.Explicit;
      const params = {
        textDocument: { uri: model.uri.toString() },
        position: toPosition(position),
        context: { triggerKind: byHand ? 1 : 2 },
      };
      const answer = await asked<lsp.InlineCompletionList | lsp.InlineCompletionItem[]>(
        connection,
        'textDocument/inlineCompletion',
        params,
        token,
      );
      const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
      return { items: items.map(fromItem) };
    },
    handleItemDidShow(_completions, item) {
      void connection.sendNotification('textDocument/didShowCompletion', { item: { command: (item as Item).reported } });
    },
    handlePartialAccept(_completions, item, acceptedCharacters) {
      const params = { item: { command: (item as Item).reported }, acceptedLength: acceptedCharacters };
      void connection.sendNotification('textDocument/didPartiallyAcceptCompletion', params);
    },
    disposeInlineCompletions: () => undefined,
  });
}

function fromItem(item: lsp.InlineCompletionItem): Item {
  const text = typeof item.insertText === 'string' ? item.insertText : item.insertText.value;
  return {
    insertText: text,
    ...(item.range ? { range: fromRange(item.range) } : {}),
    ...(item.command ? { command: { id: 'python-slm.accepted', title: '', arguments: [item.command] } } : {}),
    reported: item.command,
  };
}
