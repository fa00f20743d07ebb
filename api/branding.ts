/** What customers see of a merchant on our pages, as requests carry it. Null takes a part away. */
import { z } from 'zod';
import { checked, type Refusal } from './field-errors.ts';
import { text } from './fields.ts';

/** In base64. Pages carry it themselves: they fetch nothing from elsewhere, and stay small. */
const LOGO_MAX = 24_000;
const URL_MAX = 2048;

const part = (refuse: (value: unknown) => Refusal | null, description: string) =>
  checked<string | null | undefined>(
    (value) => (value === null || value === undefined ? null : refuse(value)),
    { type: ['string', 'null'], description },
  );

const form = (matches: (value: string) => boolean, expected: string) =>
  part(
    (value) => {
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      return matches(value) ? null : { code: 'invalid_format', detail: `must be ${expected}`, expected };
    },
    `${expected.replace(/^an? /, '')}; null takes it away`,
  );

const httpsUrl = (value: string): boolean => {
  if (value.length > URL_MAX || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return protocol === 'https:' && username === '' && password === '';
};

const EMAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/;

export const branding = () =>
  z.strictObject({
    display_name: text(100).nullish(),
    color: form((value) => /^#[0-9a-f]{6}$/i.test(value), 'a colour such as #1a7f37').optional(),
    logo: part(
      logoRefusal,
      'https URL, or data: URL of a PNG, JPEG, GIF or WebP; null takes it away',
    ).optional(),
    support_url: form(httpsUrl, `an https URL of at most ${URL_MAX} characters`).optional(),
    support_email: form(
      (value) => value.length <= 254 && EMAIL.test(value),
      'an email address of at most 254 characters',
    ).optional(),
  });

/** The first bytes of each kind of image. SVG is not among them: it is a document, and can hold scripts. */
const IMAGES: Readonly<Record<string, RegExp>> = {
  'image/png': /^\x89PNG\r\n\x1a\n/,
  'image/jpeg': /^\xff\xd8\xff/,
  'image/gif': /^GIF8[79]a/,
  'image/webp': /^RIFF[^]{4}WEBP/,
};

function logoRefusal(value: unknown): Refusal | null {
  const expected = `a data: URL in base64 of a PNG, JPEG, GIF or WebP, of at most ${LOGO_MAX} characters`;
  const no = (code: string, detail: string): Refusal => ({ code, detail, expected });
  if (typeof value !== 'string') return no('invalid_type', 'must be a string');
  if (value.length > LOGO_MAX) return no('too_long', `must have at most ${LOGO_MAX} characters`);
  const [, type = '', encoded = ''] = /^data:([a-z]+\/[a-z]+);base64,([\w+/]+={0,2})$/.exec(value) ?? [];
  const magic = IMAGES[type];
  if (magic === undefined) return no('invalid_format', `must be ${expected}`);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return no('invalid_format', 'is not valid base64');
  return magic.test(bytes.subarray(0, 16).toString('latin1'))
    ? null
    : no('not_an_image', `is not an image of the type ${type}`);
}
