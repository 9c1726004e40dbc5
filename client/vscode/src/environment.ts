/** Where the server comes from: the settings, the user's interpreter, PATH, or a private environment that we make. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { PythonExtension } from '@vscode/python-extension';
import * as vscode from 'vscode';
import { printed, run } from './processes';
import { serverSettings } from './settings';

/** How to start the server, and why so. */
export interface Found {
  readonly program: string;
  readonly args: readonly string[];
  readonly why: string;
  readonly version: string;
}

const VERSION = 'import importlib.metadata as m; print(m.version("python-slm"))';
const USABLE = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))';
const WINDOWS = process.platform === 'win32';

/** The server to start, without making anything; undefined where there is none yet. */
export async function find(storage: vscode.Uri): Promise<Found | undefined> {
  const settings = serverSettings();
  const [program, ...args] = settings.command;
  if (program !== undefined) {
    return { program, args, why: 'python-slm.server.command', version: '' };
  }
  if (settings.python) {
    return (
      (await inPython(settings.python, 'python-slm.server.python')) ??
      Promise.reject(new Error(`${settings.python} (python-slm.server.python) has no python-slm: pip install python-slm`))
    );
  }
  for (const python of vscode.workspace.isTrusted ? await selectedInterpreters() : []) {
    const found = await inPython(python, 'the selected interpreter');
    if (found) {
      return found;
    }
  }
  const version = await printed('slm', ['--version']);
  if (version !== undefined) {
    return { program: 'slm', args: ['lsp'], why: 'slm on PATH', version: version.split(' ').pop() ?? '' };
  }
  return inPython(privatePython(storage), 'its private environment');
}

/** Make the private environment; `report` is told how far it is. Rejects with what went wrong. */
export async function make(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  report: (message: string) => void,
  token: vscode.CancellationToken,
): Promise<Found> {
  const base = await basePython();
  if (base === undefined) {
    throw new Error('no Python of 3.11 or newer with venv was found; install one, or choose it with "Choose a Python…"');
  }
  const folder = path.join(extension.globalStorageUri.fsPath, 'venv');
  await fs.mkdir(extension.globalStorageUri.fsPath, { recursive: true });
  const line = (text: string): void => {
    log.info(text);
    report(text.length > 80 ? `${text.slice(0, 79)}…` : text);
  };
  line(`making an environment with ${base}`);
  await run(base, ['-m', 'venv', '--clear', folder], line, token);
  const wanted = await packages(extension);
  line(`installing ${wanted}`);
  const python = privatePython(extension.globalStorageUri);
  await run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off', wanted], line, token);
  const found = await inPython(python, 'its private environment');
  if (found === undefined) {
    throw new Error(`${wanted} was installed but does not start`);
  }
  return found;
}

async function inPython(python: string, why: string): Promise<Found | undefined> {
  const version = await printed(python, ['-c', VERSION]);
  return version === undefined ? undefined : { program: python, args: ['-m', 'python_slm', 'lsp'], why, version };
}

/** The interpreters that the Python extension has for the workspace's folders; none without that extension. */
async function selectedInterpreters(): Promise<string[]> {
  if (vscode.extensions.getExtension('ms-python.python') === undefined) {
    return [];
  }
  const { environments } = await PythonExtension.api();
  const folders = vscode.workspace.workspaceFolders ?? [undefined];
  const found = await Promise.all(
    folders.map((folder) => environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder?.uri))),
  );
  return found.flatMap((environment) => environment?.executable.uri?.fsPath ?? []);
}

async function basePython(): Promise<string | undefined> {
  const named = vscode.workspace.isTrusted ? await selectedInterpreters() : [];
  const usual = WINDOWS ? ['python', 'py'] : ['python3', 'python3.13', 'python3.12', 'python3.11', '/usr/bin/python3'];
  for (const python of [...named, ...usual]) {
    if ((await printed(python, ['-c', USABLE])) === 'True') {
      return python;
    }
  }
  return undefined;
}

/** What pip is told to install: the setting, the wheel beside us, or the release of our version. */
async function packages(extension: vscode.ExtensionContext): Promise<string> {
  const named = serverSettings().package;
  if (named) {
    return named;
  }
  const folder = path.join(extension.extensionPath, 'bundled');
  const files = await fs.readdir(folder).catch(() => []);
  const wheel = files.find((name) => name.endsWith('.whl'));
  const { version } = extension.extension.packageJSON as { version: string };
  return wheel ? path.join(folder, wheel) : `python-slm==${version}`;
}

function privatePython(storage: vscode.Uri): string {
  return path.join(storage.fsPath, 'venv', ...(WINDOWS ? ['Scripts', 'python.exe'] : ['bin', 'python']));
}
