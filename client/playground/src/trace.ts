/** The panel that tells what became of the last request: context, tokens, times, verdicts. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';

interface Ruling {
  readonly check: string;
  readonly outcome: string;
  readonly reason: string;
  readonly milliseconds: number;
}

interface Work {
  readonly prompt_tokens: number;
  readonly reused_tokens: number;
  readonly stages_ms: Readonly<Record<string, number>>;
  readonly fates: readonly {
    readonly new_tokens: number;
    readonly characters: number;
    readonly stopped: string;
    readonly mean_logprob: number;
    readonly rulings: readonly Ruling[];
  }[];
  readonly context_tokens: Readonly<Record<string, number>>;
}

interface Trace {
  readonly request: { readonly outcome: string; readonly wait_ms: number; readonly reason: string; readonly suggestions: number };
  readonly model: string;
  readonly work: Work | null;
}

export function showTraces(connection: MessageConnection, panel: HTMLElement): void {
  connection.onNotification('$/logTrace', ({ verbose }: { verbose?: string }) => {
    if (verbose?.startsWith('{')) {
      panel.replaceChildren(...drawn(JSON.parse(verbose) as Trace));
    }
  });
}

function drawn(trace: Trace): HTMLElement[] {
  const { request, work } = trace;
  const rows: [string, string][] = [
    ['outcome', request.reason || request.outcome],
    ['suggestions', String(request.suggestions)],
    ['waited', ms(request.wait_ms)],
    ['model', trace.model],
  ];
  if (work === null) {
    return [table(rows)];
  }
  const context = Object.entries(work.context_tokens).filter(([, tokens]) => tokens > 0);
  rows.push(
    ['prompt', `${work.prompt_tokens} tokens, ${work.reused_tokens} of them from the cache`],
    ['context', context.map(([name, tokens]) => `${name} ${tokens}`).join(', ') || 'this file'],
  );
  const longest = Math.max(...Object.values(work.stages_ms), 1);
  const stages = Object.entries(work.stages_ms).map(([name, took]): [string, HTMLElement] => [name, bar(took, longest)]);
  const fates = work.fates.flatMap((fate, index): [string, string][] => {
    const sure = `${Math.round(100 * Math.exp(fate.mean_logprob))} % sure a token`;
    const told = fate.rulings.filter((one) => one.outcome !== 'kept').map((one) => `${one.check}: ${one.reason || one.outcome}`);
    const end = fate.characters > 0 ? `${fate.characters} characters shown` : 'not shown';
    return [[`candidate ${index + 1}`, [`${fate.new_tokens} tokens, ${sure}, ${end}`, ...told].join('; ')]];
  });
  return [table(rows), heading('Time'), table(stages), heading('Candidates'), table(fates)];
}

function table(rows: readonly [string, string | HTMLElement][]): HTMLElement {
  const drawn = document.createElement('table');
  for (const [name, value] of rows) {
    const row = drawn.insertRow();
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = name;
    row.append(head);
    row.insertCell().append(value);
  }
  return drawn;
}

function bar(took: number, longest: number): HTMLElement {
  const cell = document.createElement('span');
  const line = document.createElement('span');
  line.className = 'bar';
  line.style.width = `${(100 * took) / longest}%`;
  cell.append(ms(took), line);
  return cell;
}

function heading(text: string): HTMLElement {
  const drawn = document.createElement('h2');
  drawn.style.fontSize = '1rem';
  drawn.textContent = text;
  return drawn;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
