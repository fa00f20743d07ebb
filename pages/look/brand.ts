/** A merchant's own colour, laid over the tokens so that everything stays readable. */
import { contrast, hexColour, inkOn, readableOn } from './contrast.ts';
import { DARK, LIGHT, properties, type Palette } from './tokens.ts';

/** The least that the edge of a button must have against what it stands on. */
const VISIBLE = 3;

/** A style sheet for pages of a merchant with this colour; null when it is no colour, so that ours stays. */
export function brandStyle(colour: string): string | null {
  const brand = hexColour(colour);
  if (brand === null) return null;
  const [light, dark] = [brandColours(brand, LIGHT), brandColours(brand, DARK)];
  return `:root { ${properties(light)} }\n@media (prefers-color-scheme: dark) { :root { ${properties(dark)} } }`;
}

/** The tokens that a brand's colour (`#rrggbb`) replaces in `palette`. */
export function brandColours(
  brand: string,
  palette: Palette,
): Pick<Palette, 'accent' | 'on-accent' | 'accent-text'> {
  // A white button on white is none: then the button takes the colour that its text would have had.
  const text = readableOn([palette.card, palette.page, palette.sunken], brand);
  const accent = contrast(brand, palette.card) >= VISIBLE ? brand : text;
  return { accent, 'on-accent': inkOn(accent), 'accent-text': text };
}
