/** Light or dark: as the system has it, or as the user chose. */
import * as monaco from './monaco';

const KEY = 'python-slm theme';

export function followTheme(select: HTMLSelectElement): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const draw = (): void => {
    const dark = select.value === 'dark' || (select.value === 'auto' && system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    monaco.editor.setTheme(dark ? 'vs-dark' : 'vs');
  };
  select.value = localStorage.getItem(KEY) ?? 'auto';
  select.addEventListener('change', () => {
    localStorage.setItem(KEY, select.value);
    draw();
  });
  system.addEventListener('change', draw);
  draw();
}
