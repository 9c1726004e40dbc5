/** The panel that turns a description into code, word by word as the model finds it. */
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/browser';
import type * as monaco from './monaco';

const PROGRESS = '$/progress';

interface Written {
  readonly text: string;
  readonly tokens: number;
  readonly milliseconds: number;
  readonly stopped: string;
}

export function describeToCode(connection: MessageConnection, editor: monaco.editor.IStandaloneCodeEditor): void {
  const part = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
  const wish = part<HTMLTextAreaElement>('wish');
  const length = part<HTMLInputElement>('length');
  const answer = part<HTMLPreElement>('answer');
  const note = part<HTMLParagraphElement>('written');
  const [write, stop, copy, insert] = ['write', 'stop', 'copy', 'insert'].map((id) => part<HTMLButtonElement>(id)) as [
    HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement,
  ];
  let running: CancellationTokenSource | undefined;
  let count = 0;

  length.addEventListener('input', () => {
    part<HTMLOutputElement>('tokens').value = length.value;
  });
  connection.onNotification(PROGRESS, ({ token, value }: { token: string | number; value: { text?: string } }) => {
    if (token === `describe-${count}` && value.text !== undefined) {
      answer.textContent = value.text;
    }
  });
  part<HTMLFormElement>('request').addEventListener('submit', (event) => {
    event.preventDefault();
    if (wish.value.trim() === '') {
      note.textContent = 'Say first what it should do.';
      wish.focus();
      return;
    }
    void generate();
  });
  stop.addEventListener('click', () => running?.cancel());
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(answer.textContent ?? '').then(
      () => { note.textContent = 'Copied.'; },
      () => { note.textContent = 'The browser did not allow it; select the text and copy it by hand.'; },
    );
  });
  insert.addEventListener('click', () => {
    const selection = editor.getSelection();
    if (selection !== null) {
      editor.executeEdits('describe', [{ range: selection, text: answer.textContent ?? '', forceMoveMarkers: true }]);
      editor.focus();
    }
  });

  async function generate(): Promise<void> {
    running?.cancel();
    count += 1;
    const mine = (running = new CancellationTokenSource());
    answer.textContent = '';
    note.textContent = 'writing …';
    busy(true);
    const params = { description: wish.value, maxTokens: Number(length.value), partialResultToken: `describe-${count}` };
    try {
      const done = await connection.sendRequest<Written>('python-slm/generate', params, mine.token);
      answer.textContent = done.text;
      const each = done.tokens > 0 ? ` (${(done.milliseconds / done.tokens).toFixed(1)} ms a token)` : '';
      note.textContent = `${done.tokens} tokens in ${done.milliseconds.toFixed(0)} ms${each}; ${done.stopped}. A small model wrote this: read it before you use it.`;
    } catch (error) {
      note.textContent = mine.token.isCancellationRequested ? 'Stopped.' : `It did not work: ${(error as Error).message}`;
    } finally {
      if (mine === running) {
        busy(false);
      }
    }
  }

  function busy(on: boolean): void {
    write.disabled = on;
    stop.disabled = !on;
    copy.disabled = insert.disabled = on || !answer.textContent;
  }
}
