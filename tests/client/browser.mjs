// Drives VS Code's own web client in a headless Chromium. Steps, in order, come from a plan; what was seen goes to a file.
//
//   node drive.mjs PLAN.json      {url, result, shots, executable, steps: [{do, …}]}
//
// Every request of the browser that leaves this machine is refused and reported as `outside`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { chromium } = createRequire(join(plan.tools, 'node_modules', 'x'))('playwright-core');
const seen = { steps: [], outside: [], console: [] };
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const browser = await chromium.launch({ executablePath: plan.executable, args: flags });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] });
const page = await context.newPage();
page.setDefaultTimeout(plan.timeout ?? 30000);
page.on('console', (message) => message.type() === 'error' && seen.console.push(message.text().slice(0, 300)));
await context.route('**', (route) => {
  const { hostname, protocol } = new URL(route.request().url());
  if (['127.0.0.1', 'localhost'].includes(hostname) || ['data:', 'blob:', 'vscode-file:'].includes(protocol)) return route.continue();
  seen.outside.push(route.request().url());
  return route.abort();
});

const GHOST = '.ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text';
const ghostText = () => page.evaluate((selector) =>
  [...document.querySelectorAll(selector)].map((one) => one.textContent).join('').replaceAll('\u00a0', ' '), GHOST);
const editorText = () => page.evaluate(() =>
  [...document.querySelectorAll('.monaco-editor .view-lines > .view-line')]
    .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
    .map((line) => line.textContent.replaceAll('\u00a0', ' ')).join('\n'));

const actions = {
  goto: async ({ url, selector }) => {
    await page.goto(url ?? plan.url);
    await page.waitForSelector(selector ?? '.monaco-workbench', { timeout: 60000 });
  },
  wait: ({ selector, timeout, state }) => page.waitForSelector(selector, { timeout, state }).then(() => true),
  gone: ({ selector, timeout }) => page.waitForSelector(selector, { state: 'detached', timeout }).then(() => true),
  sleep: ({ ms }) => page.waitForTimeout(ms),
  click: ({ selector, ...options }) => page.locator(selector).first().click(options),
  hover: ({ selector }) => page.locator(selector).first().hover({ force: true }), // text lies above its squiggle
  press: ({ keys, delay }) => page.keyboard.press(keys, { delay }),
  type: ({ text, delay }) => page.keyboard.type(text, { delay: delay ?? 40 }),
  command: async ({ name }) => {
    await page.keyboard.press('F1');
    await page.waitForSelector('.quick-input-widget input');
    await page.keyboard.insertText(name);
    await page.waitForSelector('.quick-input-list .monaco-list-row.focused');
    await page.waitForTimeout(300);
    await page.keyboard.press('Enter');
  },
  open: async ({ name }) => {
    await page.locator(`.explorer-viewlet .monaco-list-row[aria-label^="${name}"]`).first().dblclick();
    await page.waitForSelector('.editor-instance .view-lines');
    await page.locator('.editor-instance .view-lines').first().click();
  },
  ghost: async ({ timeout }) => {
    const until = Date.now() + (timeout ?? 15000);
    for (;;) {
      const text = await ghostText();
      if (text || Date.now() > until) return text;
      await page.waitForTimeout(10);
    }
  },
  // Type a text once for each round; milliseconds from its last key to ghost text on the screen, null where none came.
  latency: async ({ text, rounds, pause }) => {
    const found = [];
    for (let round = 0; round < rounds; round += 1) {
      await page.keyboard.type(text.slice(0, -1), { delay: 60 });
      await page.keyboard.press('Escape');
      await page.evaluate((selector) => {
        window.shown = new Promise((resolve) => {
          window.addEventListener('keydown', () => {
            const begun = performance.now();
            const look = () => {
              const there = [...document.querySelectorAll(selector)].some((one) => one.textContent.trim());
              if (there || performance.now() - begun > 3000) resolve(there ? performance.now() - begun : null);
              else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
          }, { once: true, capture: true });
        });
      }, GHOST);
      await page.keyboard.press(text.slice(-1));
      found.push(await page.evaluate(() => window.shown));
      await page.keyboard.press('Escape');
      for (let count = 0; count < text.length; count += 1) await page.keyboard.press('Backspace');
      await page.waitForTimeout(pause ?? 300);
    }
    return found;
  },
  text: () => editorText(),
  texts: ({ selector }) => page.evaluate((wanted) => [...document.querySelectorAll(wanted)].map((one) => one.textContent), selector),
  attribute: ({ selector, name }) => page.locator(selector).first().getAttribute(name),
  fill: ({ selector, text }) => page.locator(selector).fill(text),
  select: ({ selector, label }) => page.locator(selector).selectOption({ label }),
  viewport: (size) => page.setViewportSize({ width: size.width, height: size.height }),
  clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
  overflow: () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  // The text of the editor in a second tab of the same address.
  second: async () => {
    const other = await context.newPage();
    await other.goto(plan.url);
    await other.waitForSelector('.monaco-editor .view-line');
    const text = await other.evaluate(() => [...document.querySelectorAll('.view-line')].map((line) => line.textContent).join('\n'));
    await other.close();
    return text;
  },
  count: ({ selector }) => page.locator(selector).count(),
  picture: ({ path, clip }) => page.screenshot({ path, clip }).then(() => path),
  shot: async ({ name }) => { await page.screenshot({ path: join(plan.shots, `${name}.png`) }); return name; },
};

try {
  for (const step of plan.steps) {
    const { do: action, ...options } = step;
    const value = await actions[action](options);
    seen.steps.push({ ...step, value: value ?? null });
  }
} catch (error) {
  seen.problem = String(error).slice(0, 1500);
  await page.screenshot({ path: join(plan.shots, 'problem.png') }).catch(() => undefined);
} finally {
  writeFileSync(plan.result, JSON.stringify(seen, null, 1));
  await browser.close();
}
