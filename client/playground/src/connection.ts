/** The language server at the other end of a WebSocket: one message a frame. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from 'vscode-jsonrpc/browser';
import type * as lsp from 'vscode-languageserver-protocol';
import type * as monaco from './monaco';

/** What `experimental/serverStatus` carries. */
export interface ServerStatus {
  readonly health: 'ok' | 'warning' | 'error';
  readonly quiescent: boolean;
  readonly message: string;
  readonly model: string;
}

class FrameReader extends AbstractMessageReader {
  constructor(private readonly socket: WebSocket) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    this.socket.addEventListener('message', (event) => callback(JSON.parse(event.data as string) as Message));
    this.socket.addEventListener('close', () => this.fireClose());
    return { dispose: () => undefined };
  }
}

class FrameWriter extends AbstractMessageWriter {
  constructor(private readonly socket: WebSocket) {
    super();
  }

  write(message: Message): Promise<void> {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
    return Promise.resolve();
  }

  end(): void {
    this.socket.close();
  }
}

/** Open the connection; rejects where the server refuses it. */
export function connect(url: string): Promise<MessageConnection> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.addEventListener('error', () => reject(new Error('the server does not answer; is it still running?')));
    socket.addEventListener('open', () => {
      const connection = createMessageConnection(new FrameReader(socket), new FrameWriter(socket));
      connection.listen();
      resolve(connection);
    });
  });
}

/** Shake hands; what the server can do. */
export async function initialize(connection: MessageConnection): Promise<lsp.ServerCapabilities> {
  const kinds = ['quickfix', 'refactor', 'source'];
  const params: lsp.InitializeParams = {
    processId: null,
    rootUri: null,
    trace: 'verbose',
    capabilities: {
      general: { positionEncodings: ['utf-16'] },
      window: { workDoneProgress: false, showMessage: {} },
      workspace: { applyEdit: true, workspaceEdit: { documentChanges: true }, diagnostics: { refreshSupport: true } },
      textDocument: {
        synchronization: {},
        inlineCompletion: {},
        completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
        hover: { contentFormat: ['markdown', 'plaintext'] },
        diagnostic: {},
        rename: { prepareSupport: true },
        codeAction: {
          codeActionLiteralSupport: { codeActionKind: { valueSet: kinds } },
          isPreferredSupport: true,
          disabledSupport: true,
          dataSupport: true,
          resolveSupport: { properties: ['edit'] },
        },
      },
      experimental: { serverStatusNotification: true, commands: { commands: ['python-slm.rename'] } },
    },
  };
  const result: lsp.InitializeResult = await connection.sendRequest('initialize', params);
  await connection.sendNotification('initialized', {});
  return result.capabilities;
}

/** A request that Monaco's token cancels. */
export async function asked<Result>(
  connection: MessageConnection,
  method: string,
  params: object,
  token?: monaco.CancellationToken,
): Promise<Result | null> {
  try {
    return await (token ? connection.sendRequest<Result>(method, params, token as never) : connection.sendRequest<Result>(method, params));
  } catch (error) {
    if (token?.isCancellationRequested) {
      return null;
    }
    console.warn(method, error);
    return null;
  }
}
