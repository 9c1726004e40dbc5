/** The settings: ours, which say how the server is started, and the server's own, which are passed on. */
import * as vscode from 'vscode';

export const SECTION = 'python-slm';

/** Settings of this extension itself; the server knows nothing of them. */
const OWN = 'server.';

/** How the server is started. */
export interface ServerSettings {
  /** Program and arguments; empty: one is looked for. */
  readonly command: readonly string[];
  /** A Python that has python-slm. */
  readonly python: string;
  /** What pip installs into the private environment; empty: the wheel that came with the extension, else PyPI's. */
  readonly package: string;
}

export function serverSettings(): ServerSettings {
  const section = vscode.workspace.getConfiguration(SECTION);
  return {
    command: section.get<string[]>('server.command', []),
    python: section.get<string>('server.python', ''),
    package: section.get<string>('server.package', ''),
  };
}

/** What the user has set of the server's settings, nested as it expects them; what is left at its default is left out. */
export function settingsForServer(names: readonly string[]): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const nested: Record<string, unknown> = {};
  for (const name of names) {
    const found = section.inspect(name);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) {
      put(nested, name.split('.'), value);
    }
  }
  return nested;
}

/** The server's settings that a manifest contributes, without our section's name. */
export function serverSettingNames(manifest: unknown): string[] {
  const { contributes } = manifest as { contributes: { configuration: { properties: Record<string, unknown> }[] } };
  return contributes.configuration
    .flatMap((group) => Object.keys(group.properties))
    .map((name) => name.slice(SECTION.length + 1))
    .filter((name) => !name.startsWith(OWN));
}

function put(into: Record<string, unknown>, path: string[], value: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  into[first] ??= {};
  put(into[first] as Record<string, unknown>, rest, value);
}
