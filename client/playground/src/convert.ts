/** Between LSP's types and Monaco's: the one counts lines and characters from zero, the other from one. */
import type * as lsp from 'vscode-languageserver-protocol';
import * as monaco from './monaco';

export const LANGUAGE = 'python';

export function toPosition(position: monaco.IPosition): lsp.Position {
  return { line: position.lineNumber - 1, character: position.column - 1 };
}

export function toRange(range: monaco.IRange): lsp.Range {
  return {
    start: { line: range.startLineNumber - 1, character: range.startColumn - 1 },
    end: { line: range.endLineNumber - 1, character: range.endColumn - 1 },
  };
}

export function fromRange(range: lsp.Range): monaco.IRange {
  return {
    startLineNumber: range.start.line + 1,
    startColumn: range.start.character + 1,
    endLineNumber: range.end.line + 1,
    endColumn: range.end.character + 1,
  };
}

export function fromTextEdit(edit: lsp.TextEdit): monaco.languages.TextEdit {
  return { range: fromRange(edit.range), text: edit.newText };
}

/** The text edits of a workspace edit; those of other files are left out, as the page has one file. */
export function editsOf(edit: lsp.WorkspaceEdit | undefined, model: monaco.editor.ITextModel): lsp.TextEdit[] {
  const uri = model.uri.toString();
  const changed = (edit?.documentChanges ?? []).filter((one): one is lsp.TextDocumentEdit => 'textDocument' in one);
  const versioned = changed.filter((one) => one.textDocument.uri === uri).flatMap((one) => one.edits as lsp.TextEdit[]);
  return [...versioned, ...(edit?.changes?.[uri] ?? [])];
}

export function fromWorkspaceEdit(edit: lsp.WorkspaceEdit, model: monaco.editor.ITextModel): monaco.languages.WorkspaceEdit {
  const edits = editsOf(edit, model).map((one) => ({ resource: model.uri, versionId: undefined, textEdit: fromTextEdit(one) }));
  return { edits };
}

export function markdownOf(contents: lsp.Hover['contents']): monaco.IMarkdownString[] {
  const listed = Array.isArray(contents) ? contents : [contents];
  return listed.map((one) => {
    if (typeof one === 'string') {
      return { value: one };
    }
    return 'kind' in one ? { value: one.value } : { value: `\`\`\`${one.language}\n${one.value}\n\`\`\`` };
  });
}
