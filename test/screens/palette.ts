/** The colours of the pictures: xterm's 16, adapted to a dark window, and its cube of 256 colours. */

export const background = '#11151c';
export const foreground = '#d7dce5';
export const frame = '#1c222c';
export const cursor = '#8fb8ff';

const base = `
  #1c222c #f0717b #8fd694 #f2c66d #7aa8ff #cf9bf0 #6cc7d9 #c3cad6
  #5b6575 #ff8f98 #a8e8ac #ffd98c #9cc0ff #dfb5fa #8cdcec #ffffff`
  .trim()
  .split(/\s+/);

/** The colour of palette entry `index`, 0 to 255 (xterm's 256colres). */
export function paletteColor(index: number): string {
  const known = base[index];
  if (known !== undefined) {
    return known;
  }
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return rgbColor((grey << 16) | (grey << 8) | grey);
  }
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = index - 16;
  function level(divisor: number): number {
    return steps[Math.floor(cube / divisor) % 6] ?? 0;
  }
  return rgbColor((level(36) << 16) | (level(6) << 8) | level(1));
}

/** `#rrggbb` of a 24-bit colour. */
export function rgbColor(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}
