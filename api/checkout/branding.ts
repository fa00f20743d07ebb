/** What a merchant wants its pages to look like. Whatever is stored, only what is safe and small enough comes out. */
import { z } from 'zod';
import type { BrandView } from '../../pages/checkout/view.ts';

/** In base64; a page has to stay small, and nothing of it may come from elsewhere. */
const LOGO_MAX = 24_000;

const text = (pattern: RegExp, max: number) => z.string().max(max).regex(pattern).nullish().catch(null);

const branding = z
  .object({
    display_name: text(/\S/, 200),
    color: text(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 7),
    // A picture inside an `img` runs no script, also when it is an SVG.
    logo: text(/^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+=*$/, LOGO_MAX),
    support_url: text(/^https:\/\/[^\s<>"]+$/, 2000),
    support_email: text(/^[^\s@<>"?&]+@[^\s@<>"?&]+\.[^\s@<>"?&]+$/, 254),
  })
  .catch({});

/** `name`: the merchant's own, where it has not given another for its pages. */
export function brandingOf(stored: unknown, name: string): BrandView {
  const { display_name, color, logo, support_url, support_email } = branding.parse(stored);
  return {
    name: display_name ?? name,
    color: color ?? null,
    logo: logo ?? null,
    support_url: support_url ?? null,
    support_email: support_email ?? null,
  };
}
