/** Diagnostics: pulled after each change and whenever the server says that it knows more; squiggles and a list. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import type * as lsp from 'vscode-languageserver-protocol';
import { asked } from './connection';
import { fromRange } from './convert';
import * as monaco from './monaco';

const SEVERITIES = [monaco.MarkerSeverity.Error, monaco.MarkerSeverity.Warning, monaco.MarkerSeverity.Info, monaco.MarkerSeverity.Hint];
const PAUSE_MS = 40;

export class Findings {
  private previous: string | undefined;
  private timer = 0;

  constructor(
    private readonly connection: MessageConnection,
    private readonly editor: monaco.editor.IStandaloneCodeEditor,
    private readonly model: monaco.editor.ITextModel,
    private readonly list: HTMLElement,
  ) {
    connection.onRequest('workspace/diagnostic/refresh', () => {
      this.soon();
      return null;
    });
    model.onDidChangeContent(() => this.soon());
    this.soon();
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.pull(), PAUSE_MS);
  }

  private async pull(): Promise<void> {
    const version = this.model.getVersionId();
    const report = await asked<lsp.DocumentDiagnosticReport>(this.connection, 'textDocument/diagnostic', {
      textDocument: { uri: this.model.uri.toString() },
      ...(this.previous === undefined ? {} : { previousResultId: this.previous }),
    });
    if (report === null || this.model.getVersionId() !== version) {
      return;
    }
    this.previous = report.resultId;
    if (report.kind === 'full') {
      monaco.editor.setModelMarkers(this.model, 'python-slm', report.items.map((one) => this.marker(one)));
      this.draw(report.items);
    }
  }

  private marker(found: lsp.Diagnostic): monaco.editor.IMarkerData {
    const code = String(found.code ?? '');
    const link = found.codeDescription?.href;
    return {
      ...fromRange(found.range),
      severity: SEVERITIES[(found.severity ?? 2) - 1] ?? monaco.MarkerSeverity.Warning,
      message: typeof found.message === 'string' ? found.message : found.message.value,
      source: found.source ?? 'python-slm',
      ...(code ? { code: link ? { value: code, target: monaco.Uri.parse(link) } : code } : {}),
      tags: (found.tags ?? []) as monaco.MarkerTag[],
      relatedInformation: (found.relatedInformation ?? []).map((one) => ({
        ...fromRange(one.location.range),
        resource: monaco.Uri.parse(one.location.uri),
        message: one.message,
      })),
    };
  }

  private draw(found: lsp.Diagnostic[]): void {
    this.list.replaceChildren(
      ...found.map((one) => {
        const button = document.createElement('button');
        const code = document.createElement('code');
        const message = typeof one.message === 'string' ? one.message : one.message.value;
        code.textContent = String(one.code ?? '');
        button.append(`line ${one.range.start.line + 1} `, code, ` ${message}`);
        button.addEventListener('click', () => {
          this.editor.setPosition({ lineNumber: one.range.start.line + 1, column: one.range.start.character + 1 });
          this.editor.revealLineInCenterIfOutsideViewport(one.range.start.line + 1);
          this.editor.focus();
        });
        const item = document.createElement('li');
        item.append(button);
        return item;
      }),
    );
    const tab = document.getElementById('tab-findings');
    if (tab) {
      tab.textContent = found.length > 0 ? `Findings (${found.length})` : 'Findings';
    }
    if (found.length === 0) {
      const item = document.createElement('li');
      item.textContent = 'Nothing found.';
      this.list.append(item);
    }
  }
}
