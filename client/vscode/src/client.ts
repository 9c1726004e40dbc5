/** The language client: the server's process, its messages, and what we add to them. */
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State as ClientState,
  type ErrorHandler,
  type LanguageClientOptions,
  type StaticFeature,
} from 'vscode-languageclient/node';
import type { Found } from './environment';
import type { Quiet } from './quiet';
import { settingsForServer } from './settings';
import type { ServerStatus, StatusItem } from './status';

const STATUS = 'experimental/serverStatus';
const MOST_CRASHES = 5;
const CRASHES_MS = 3 * 60_000;

/** Commands that the server may put behind an action, since this client has them. */
export const CLIENT_COMMANDS = ['python-slm.rename', 'python-slm.showExplanation', 'python-slm.disableRule'];

export interface Surroundings {
  readonly log: vscode.LogOutputChannel;
  readonly status: StatusItem;
  readonly quiet: Quiet;
  readonly settingNames: readonly string[];
  /** Commands that the extension registers itself. */
  readonly commands: ReadonlySet<string>;
}

/** A client of a server that is started with `start()`. */
export function buildClient(found: Found, around: Surroundings): LanguageClient {
  const { log, status, quiet, settingNames } = around;
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: 'file', language: 'python' },
      { scheme: 'untitled', language: 'python' },
      { scheme: 'vscode-notebook-cell', language: 'python' },
    ],
    outputChannel: log,
    initializationOptions: () => settingsForServer(settingNames),
    errorHandler: restarting(log, status),
    middleware: {
      async provideInlineCompletionItems(document, position, context, token, next) {
        if (quiet.now) {
          return undefined;
        }
        const ended = status.begin();
        const answer = await next(document, position, context, token);
        ended(answer === null || answer === undefined ? 0 : Array.isArray(answer) ? answer.length : answer.items.length);
        return answer;
      },
    },
  };
  const client = new LanguageClient(
    'python-slm',
    'python-slm',
    { command: found.program, args: [...found.args] },
    options,
  );
  client.registerFeature(ourCapabilities(around.commands));
  client.onNotification(STATUS, (told: ServerStatus) => status.set({ kind: 'running', status: told }));
  client.onDidChangeState(({ newState }) => {
    if (newState === ClientState.Starting) {
      status.set({ kind: 'starting', message: `starts (${found.why})` });
    }
  });
  return client;
}

/** Tell the server what was changed in the settings. */
export async function sendSettings(client: LanguageClient, names: readonly string[]): Promise<void> {
  if (client.isRunning()) {
    await client.sendNotification('workspace/didChangeConfiguration', { settings: { 'python-slm': settingsForServer(names) } });
  }
}

function ourCapabilities(ours: ReadonlySet<string>): StaticFeature {
  return {
    fillClientCapabilities(capabilities) {
      capabilities.experimental = {
        ...(capabilities.experimental as object | undefined),
        serverStatusNotification: true,
        commands: { commands: CLIENT_COMMANDS },
      };
    },
    preInitialize(capabilities) {
      const provider = capabilities.executeCommandProvider; // what we have ourselves must not be registered again
      if (provider) {
        provider.commands = provider.commands.filter((name) => !ours.has(name));
      }
    },
    initialize: () => undefined,
    getState: () => ({ kind: 'static' }),
    clear: () => undefined,
  };
}

/** Start a server that died again, but not for ever; the buffers are the editor's, so nothing is lost. */
function restarting(log: vscode.LogOutputChannel, status: StatusItem): ErrorHandler {
  let crashes: number[] = [];
  return {
    error: () => ({ action: ErrorAction.Continue }),
    closed: () => {
      const now = Date.now();
      crashes = [...crashes.filter((time) => now - time < CRASHES_MS), now];
      if (crashes.length < MOST_CRASHES) {
        log.warn(`the server ended; it is started again (${crashes.length})`);
        return { action: CloseAction.Restart, handled: true };
      }
      const message = `The server ended ${crashes.length} times in three minutes. The log says why.`;
      status.set({ kind: 'stopped', message });
      return { action: CloseAction.DoNotRestart, message: `python-slm: ${message}` };
    },
  };
}
