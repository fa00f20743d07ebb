import fc from 'fast-check';
import { brandColours, brandStyle } from './brand.ts';
import { contrast, hexColour, inkOn, readableOn } from './contrast.ts';
import { DARK, LIGHT, type Palette } from './tokens.ts';

const colour = fc
  .integer({ min: 0, max: 0xff_ff_ff })
  .map((number) => `#${number.toString(16).padStart(6, '0')}`);

it('knows the contrast of known pairs', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrast('#123456', '#123456')).toBe(1);
});

it.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the tokens for %s surroundings can be read', (_name, palette: Palette) => {
  const grounds = [palette.card, palette.page, palette.sunken];
  for (const name of ['text', 'soft', 'accent-text', 'good', 'bad', 'busy', 'info'] as const)
    for (const ground of grounds) expect(contrast(palette[name], ground)).toBeGreaterThanOrEqual(4.5);
  for (const tone of ['good', 'bad', 'busy', 'info'] as const)
    expect(contrast(palette[tone], palette[`${tone}-wash`])).toBeGreaterThanOrEqual(4.5);
  expect(contrast(palette['on-accent'], palette.accent)).toBeGreaterThanOrEqual(4.5);
  for (const ground of [palette.card, palette.page])
    expect(contrast(palette.edge, ground)).toBeGreaterThanOrEqual(3);
});

describe('whatever the colour of a brand', () => {
  it.each([
    ['light', LIGHT],
    ['dark', DARK],
  ])('buttons are seen and words are read in %s surroundings', (_name, palette: Palette) => {
    fc.assert(
      fc.property(colour, (brand) => {
        const found = brandColours(brand, palette);
        expect(contrast(found['on-accent'], found.accent)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(found.accent, palette.card)).toBeGreaterThanOrEqual(3);
        expect(contrast(found['accent-text'], palette.card)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(found['accent-text'], palette.page)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('black or white reads on it', () => {
    fc.assert(
      fc.property(colour, (ground) => {
        expect(contrast(inkOn(ground), ground)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('a colour that reads already stays as it is', () => {
    expect(readableOn(['#ffffff'], '#0b6b4f')).toBe('#0b6b4f');
  });
});

it('takes colours of three and six digits and nothing else', () => {
  expect(hexColour('#AbC')).toBe('#aabbcc');
  expect(hexColour('#0B6B4F')).toBe('#0b6b4f');
  for (const wrong of ['red', '#12345', '#1234567', 'url(x)', '#fff;}', '']) {
    expect(hexColour(wrong)).toBeNull();
    expect(brandStyle(wrong)).toBeNull();
  }
});
