/** The page: an editor whose every help comes from the language server. */
import { connect, initialize, type ServerStatus } from './connection';
import { LANGUAGE } from './convert';
import { offerActions } from './actions';
import { describeToCode } from './describe';
import { follow } from './documents';
import { EXAMPLES } from './examples';
import { Findings } from './findings';
import { offerGhostText } from './ghost';
import * as monaco from './monaco';
import { connectTabs } from './tabs';
import { followTheme } from './theme';
import { showTraces } from './trace';
import { offerWords } from './words';

const HERE = '‸';

self.MonacoEnvironment = { getWorker: () => new Worker(new URL('editor.worker.js', import.meta.url), { type: 'module' }) };

const part = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

function openEditor(): monaco.editor.IStandaloneCodeEditor {
  const model = monaco.editor.createModel('', LANGUAGE, monaco.Uri.parse('untitled:playground.py'));
  return monaco.editor.create(part('editor'), {
    model,
    automaticLayout: true,
    fontSize: 14,
    minimap: { enabled: false },
    inlineSuggest: { enabled: true, mode: 'prefix' },
    quickSuggestions: false,
    wordBasedSuggestions: 'off',
    lightbulb: { enabled: monaco.editor.ShowLightbulbIconMode.On },
    scrollBeyondLastLine: false,
    fixedOverflowWidgets: true,
    ariaLabel: 'Python editor',
    padding: { top: 10 },
  });
}

function offerExamples(editor: monaco.editor.IStandaloneCodeEditor): void {
  const select = part<HTMLSelectElement>('example');
  select.replaceChildren(...EXAMPLES.map(([name]) => new Option(name)));
  const show = (): void => {
    const text = EXAMPLES[select.selectedIndex]?.[1] ?? '';
    const place = text.indexOf(HERE);
    editor.setValue(text.replace(HERE, ''));
    const position = editor.getModel()?.getPositionAt(Math.max(0, place));
    if (position) {
      editor.setPosition(position);
      editor.revealPositionInCenterIfOutsideViewport(position);
    }
    editor.focus();
  };
  select.addEventListener('change', show);
  show();
}

function tell(health: ServerStatus['health'], text: string): void {
  const status = part('status');
  status.dataset['health'] = health;
  status.textContent = text;
}

async function start(): Promise<void> {
  followTheme(part('theme'));
  connectTabs(document.querySelector<HTMLElement>('[role="tablist"]') ?? document.body);
  const editor = openEditor();
  offerExamples(editor);
  const { host, search } = window.location;
  const connection = await connect(`ws://${host}/lsp${search}`);
  connection.onClose(() => tell('error', 'The server has ended. Start it again, then reload this page; your text is still here.'));
  connection.onUnhandledNotification(() => undefined);
  connection.onNotification('experimental/serverStatus', ({ health, quiescent, message, model }: ServerStatus) => {
    tell(health, quiescent && health === 'ok' ? `${model}, on this machine` : message);
    if (quiescent && model) {
      void editor.getAction('editor.action.inlineSuggest.trigger')?.run();
    }
  });
  connection.onNotification('window/showMessage', ({ message }: { message: string }) => tell('warning', message));
  connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) => items.map(() => null));
  connection.onRequest('client/registerCapability', () => null);
  const capabilities = await initialize(connection);
  const model = editor.getModel();
  if (model === null) {
    return;
  }
  follow(connection, model);
  offerGhostText(connection);
  offerWords(connection, capabilities);
  offerActions(connection, editor);
  showTraces(connection, part('story'));
  describeToCode(connection, editor);
  new Findings(connection, editor, model, part('list'));
}

start().catch((error: unknown) => tell('error', error instanceof Error ? error.message : String(error)));
