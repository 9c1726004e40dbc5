// Writes the server's settings into package.json, as `slm settings --format vscode` prints them.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const slm = process.env.SLM ?? 'slm';
const properties = JSON.parse(execFileSync(slm, ['settings', '--format', 'vscode'], { encoding: 'utf8' }));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
manifest.contributes.configuration.find((group) => group.id === 'server').properties = properties;
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
