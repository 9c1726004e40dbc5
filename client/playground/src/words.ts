/** Hovers, the completion menu and rename. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import type * as lsp from 'vscode-languageserver-protocol';
import { asked } from './connection';
import { fromRange, fromTextEdit, fromWorkspaceEdit, LANGUAGE, markdownOf, toPosition } from './convert';
import * as monaco from './monaco';

export function offerWords(connection: MessageConnection, capabilities: lsp.ServerCapabilities): void {
  const at = (model: monaco.editor.ITextModel, position: monaco.Position) => ({
    textDocument: { uri: model.uri.toString() },
    position: toPosition(position),
  });
  monaco.languages.registerHoverProvider(LANGUAGE, {
    async provideHover(model, position, token) {
      const found = await asked<lsp.Hover>(connection, 'textDocument/hover', at(model, position), token);
      return found === null
        ? null
        : { contents: markdownOf(found.contents), ...(found.range ? { range: fromRange(found.range) } : {}) };
    },
  });
  monaco.languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: capabilities.completionProvider?.triggerCharacters ?? [],
    async provideCompletionItems(model, position, context, token) {
      const params = {
        ...at(model, position),
        context: {
          triggerKind: context.triggerKind + 1,
          ...(context.triggerCharacter === undefined ? {} : { triggerCharacter: context.triggerCharacter }),
        },
      };
      const found = await asked<lsp.CompletionList>(connection, 'textDocument/completion', params, token);
      const items = (found?.items ?? []).filter((item) => item.textEdit !== undefined && 'range' in item.textEdit);
      return { suggestions: items.map(fromItem), incomplete: found?.isIncomplete ?? false };
    },
  });
  if (capabilities.renameProvider) {
    monaco.languages.registerRenameProvider(LANGUAGE, {
      async provideRenameEdits(model, position, newName, token) {
        const params = { ...at(model, position), newName };
        const found = await asked<lsp.WorkspaceEdit>(connection, 'textDocument/rename', params, token);
        return found === null ? { edits: [], rejectReason: 'It cannot be renamed here.' } : fromWorkspaceEdit(found, model);
      },
    });
  }
}

function fromItem(item: lsp.CompletionItem): monaco.languages.CompletionItem {
  const edit = item.textEdit as lsp.TextEdit;
  return {
    label: item.label,
    kind: monaco.languages.CompletionItemKind.Text,
    insertText: edit.newText,
    range: fromRange(edit.range),
    ...(item.insertTextFormat === 2
      ? { insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet }
      : {}),
    ...(item.detail ? { detail: item.detail } : {}),
    ...(item.sortText ? { sortText: item.sortText } : {}),
    ...(item.filterText ? { filterText: item.filterText } : {}),
    ...(item.preselect ? { preselect: true } : {}),
    additionalTextEdits: (item.additionalTextEdits ?? []).map((one) => ({ ...fromTextEdit(one) })),
  };
}
