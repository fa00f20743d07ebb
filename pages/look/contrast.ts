/** Colours that were chosen by others, made readable: contrast by the formula of WCAG 2. */

type Rgb = readonly [red: number, green: number, blue: number];

/** The least that text must have against its ground. */
const READABLE = 4.5;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** `#rgb` or `#rrggbb` as `#rrggbb`, or null when it is neither. */
export function hexColour(text: string): string | null {
  if (/^#[0-9a-f]{6}$/i.test(text)) return text.toLowerCase();
  return /^#[0-9a-f]{3}$/i.test(text) ? text.toLowerCase().replace(/[0-9a-f]/g, '$&$&') : null;
}

/** From 1 (the same) to 21 (black on white). Both as `#rrggbb`. */
export function contrast(one: string, other: string): number {
  return ratio(rgb(one), rgb(other));
}

/** Black or white, whichever reads better on `ground`: at least 4.5 : 1 on any colour. */
export function inkOn(ground: string): '#ffffff' | '#000000' {
  return ratio(rgb(ground), WHITE) >= ratio(rgb(ground), BLACK) ? '#ffffff' : '#000000';
}

/** `colour`, moved towards black or white just as far as it takes to be read on every one of `grounds`. */
export function readableOn(grounds: readonly string[], colour: string): string {
  const against = grounds.map(rgb);
  const [first = WHITE] = against;
  const towards = ratio(first, BLACK) > ratio(first, WHITE) ? BLACK : WHITE;
  for (let step = 0; step <= 20; step += 1) {
    const mixed = mix(rgb(colour), towards, step / 20);
    if (against.every((ground) => ratio(mixed, ground) >= READABLE)) return hex(mixed);
  }
  return hex(towards);
}

function rgb(text: string): Rgb {
  const number = Number.parseInt(text.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

function mix(from: Rgb, towards: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2): number => Math.round(from[index] + (towards[index] - from[index]) * share);
  return [part(0), part(1), part(2)];
}

function ratio(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number): number => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
