/** Other programs, run to their end. */
import { execFile, spawn } from 'node:child_process';
import * as vscode from 'vscode';

const PROBE_MS = 20_000;

/** What a program prints; undefined where it cannot be run, fails or takes long. */
export function printed(program: string, args: readonly string[], folder?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: PROBE_MS, ...(folder ? { cwd: folder } : {}) }, (error, stdout) => {
      resolve(error ? undefined : stdout.trim());
    });
  });
}

/** Run a program, every line that it prints given to `line`; rejects where it fails, or when cancelled. */
export function run(
  program: string,
  args: readonly string[],
  line: (text: string) => void,
  token: vscode.CancellationToken,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const listener = token.onCancellationRequested(() => child.kill());
    let last = '';
    const tell = (data: Buffer): void => {
      for (const text of data.toString().split(/\r?\n/).filter(Boolean)) {
        last = text;
        line(text);
      }
    };
    child.stdout.on('data', tell);
    child.stderr.on('data', tell);
    child.on('error', (error) => {
      listener.dispose();
      reject(error);
    });
    child.on('close', (code) => {
      listener.dispose();
      if (token.isCancellationRequested) {
        reject(new vscode.CancellationError());
      } else if (code === 0) {
        resolve();
      } else {
        reject(new Error(last || `${program} ended with status ${String(code)}`));
      }
    });
  });
}
