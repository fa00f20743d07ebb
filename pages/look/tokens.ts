/** The colours and sizes that every page is made of, for light and for dark surroundings. All text on them reaches 4.5 : 1. */

/** What a colour is for, not what it looks like. A `wash` is the ground of its own colour. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly sunken: string;
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  /** Edges that have to be seen to use the page, such as those of input fields: 3 : 1. */
  readonly edge: string;
  readonly accent: string;
  readonly 'on-accent': string;
  readonly 'accent-text': string;
  readonly good: string;
  readonly 'good-wash': string;
  readonly bad: string;
  readonly 'bad-wash': string;
  readonly busy: string;
  readonly 'busy-wash': string;
  readonly info: string;
  readonly 'info-wash': string;
}

export const LIGHT: Palette = {
  page: '#f4f6f5',
  card: '#ffffff',
  sunken: '#f4f6f5',
  text: '#14201b',
  soft: '#56635d',
  line: '#e1e6e3',
  edge: '#84918b',
  accent: '#0b6b4f',
  'on-accent': '#ffffff',
  'accent-text': '#0b6b4f',
  good: '#0b6b4f',
  'good-wash': '#e6f4ee',
  bad: '#a3291e',
  'bad-wash': '#fdecea',
  busy: '#7a4d00',
  'busy-wash': '#fff4dd',
  info: '#21518f',
  'info-wash': '#e9f1fc',
};

export const DARK: Palette = {
  page: '#0e1311',
  card: '#181f1c',
  sunken: '#212a26',
  text: '#eef3f0',
  soft: '#a6b3ac',
  line: '#2b3530',
  edge: '#76857d',
  accent: '#4cc38f',
  'on-accent': '#06150e',
  'accent-text': '#5fd09e',
  good: '#5fd09e',
  'good-wash': '#14301f',
  bad: '#ff9d92',
  'bad-wash': '#3a1714',
  busy: '#f3c15b',
  'busy-wash': '#33270d',
  info: '#9ac2ff',
  'info-wash': '#15263f',
};

/** The declarations of `palette` as custom properties: `--page: #f4f6f5; …`. */
export function properties(palette: Partial<Palette>): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ');
}
