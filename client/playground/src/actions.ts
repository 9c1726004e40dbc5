/** Code actions: fixes, refactorings, docstrings; their edits are asked for when one is chosen. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import type * as lsp from 'vscode-languageserver-protocol';
import { asked } from './connection';
import { editsOf, fromTextEdit, fromWorkspaceEdit, LANGUAGE, toRange } from './convert';
import * as monaco from './monaco';

interface Action extends monaco.languages.CodeAction {
  readonly source?: lsp.CodeAction;
}

export function offerActions(connection: MessageConnection, editor: monaco.editor.IStandaloneCodeEditor): void {
  const run = monaco.editor.registerCommand('python-slm.run', (_accessor, command: lsp.Command) => {
    if (command.command === 'python-slm.rename') {
      renameAt(editor, (command.arguments?.[0] as lsp.TextDocumentPositionParams & { uri: string }).position);
    } else {
      void asked(connection, 'workspace/executeCommand', { command: command.command, arguments: command.arguments ?? [] });
    }
  });
  editor.onDidDispose(() => run.dispose());
  connection.onRequest('workspace/applyEdit', (params: lsp.ApplyWorkspaceEditParams): lsp.ApplyWorkspaceEditResult => {
    const model = editor.getModel();
    const edits = model ? editsOf(params.edit, model) : [];
    const applied = editor.executeEdits('python-slm', edits.map(fromTextEdit).map((one) => ({ ...one, forceMoveMarkers: true })));
    return { applied };
  });
  monaco.languages.registerCodeActionProvider(LANGUAGE, {
    async provideCodeActions(model, range, context, token) {
      const params = {
        textDocument: { uri: model.uri.toString() },
        range: toRange(range),
        context: {
          diagnostics: [],
          triggerKind: context.trigger,
          ...(context.only ? { only: [context.only] } : {}),
        },
      };
      const found = await asked<(lsp.CodeAction | lsp.Command)[]>(connection, 'textDocument/codeAction', params, token);
      const actions = (found ?? []).filter((one): one is lsp.CodeAction => typeof one.command !== 'string');
      return { actions: actions.map((one) => fromAction(one, model)), dispose: () => undefined };
    },
    async resolveCodeAction(action: Action, token) {
      const model = editor.getModel();
      if (action.source === undefined || action.edit !== undefined || model === null) {
        return action;
      }
      const resolved = await asked<lsp.CodeAction>(connection, 'codeAction/resolve', action.source, token);
      return resolved === null ? action : { ...action, ...fromAction(resolved, model) };
    },
  });
}

function fromAction(action: lsp.CodeAction, model: monaco.editor.ITextModel): Action {
  return {
    title: action.title,
    source: action,
    diagnostics: [],
    ...(action.kind ? { kind: action.kind } : {}),
    ...(action.isPreferred ? { isPreferred: true } : {}),
    ...(action.disabled ? { disabled: action.disabled.reason } : {}),
    ...(action.edit ? { edit: fromWorkspaceEdit(action.edit, model) } : {}),
    ...(action.command ? { command: { id: 'python-slm.run', title: '', arguments: [action.command] } } : {}),
  };
}

/** Let the user choose the name of what was extracted. */
function renameAt(editor: monaco.editor.IStandaloneCodeEditor, place: lsp.Position): void {
  editor.setPosition({ lineNumber: place.line + 1, column: place.character + 1 });
  editor.focus();
  void editor.getAction('editor.action.rename')?.run();
}
