import { expect, test } from 'vitest';
import { createEmulator } from '../helpers/terminal/emulator.ts';
import { screenSvg } from './svg.ts';

test("a picture shows the screen's text, colours and cursor", async () => {
  const terminal = createEmulator({ columns: 20, rows: 3 });
  terminal.write('a < b & \u001B[1;36mbold\u001B[0m\r\n日本 \u001B[38;2;1;2;3mx\u001B[0m│─');
  await terminal.flush();
  const svg = screenSvg(terminal, { title: 'a <title>' });
  expect(svg).toContain('<title>a &lt;title&gt;</title>');
  expect(svg).toContain('>a &lt; b &amp; </text>');
  expect(svg).toMatch(/fill="#6cc7d9" font-weight="bold"[^>]*>bold</);
  expect(svg).toMatch(/fill="#010203"[^>]*>x</);
  // A wide character takes two columns of 8.4 each.
  expect(svg).toMatch(/<text x="16\.8"[^>]*textLength="16\.8"[^>]*>本</);
  expect(svg).toContain('<rect x="67.2" y="19"');
});

test('a hidden cursor is not drawn', async () => {
  const terminal = createEmulator({ columns: 20, rows: 3 });
  terminal.write('\u001B[?25l');
  await terminal.flush();
  expect(screenSvg(terminal, { title: '' })).not.toContain('opacity="0.8"');
});
