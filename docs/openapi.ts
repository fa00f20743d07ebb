/** The text of `docs/openapi.json`: the API's description as this source has it. */
import { apiDescription } from '../api/openapi/document.ts';
import { connectors } from '../providers/index.ts';

export function openApiText(): string {
  const description = apiDescription({ connectors, publicUrl: 'https://pay.example.com' });
  return `${JSON.stringify(description, null, 1)}\n`;
}
