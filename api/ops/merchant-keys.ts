/** API keys as administrators make and end them. A new key is shown once, on the answer to the form, and nowhere else. */
import { findMerchantKey, insertApiKey, mintKey, revokeMerchantKey } from '../../db/api-keys.ts';
import type { Owner } from '../../db/invoices.ts';
import type { MerchantRow } from '../../db/merchants.ts';
import { SCOPES, type Scope } from '../../domain/scopes.ts';
import { html } from '../../pages/html.ts';
import { buttonLink, card, copyables, notice } from '../../pages/look/components.ts';
import { forgetKey } from '../auth.ts';
import { inOrder, KEY_LABEL_MAX, tooManyKeys } from '../new-keys.ts';
import { invalidFields, notFound } from '../problem.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import type { OpsAction, OpsDependencies, Visit } from './page.ts';

type FindMerchant = (
  dependencies: OpsDependencies,
  visit: Visit,
) => Promise<{ readonly merchant: MerchantRow; readonly owner: Owner }>;

export function createMerchantKey(dependencies: OpsDependencies, find: FindMerchant): OpsAction {
  const { pool, apiKeyPepper, now, logger } = dependencies;
  return {
    path: '/ops/merchants/:id/new-key',
    role: 'admin',
    async ask(visit) {
      const { merchant, owner } = await find(dependencies, visit);
      return {
        title: `Make a key for ${merchant.name}?`,
        text: about(
          'It is shown once, on the next page. Two keys of one label can be active: the present one, and the one that takes its place.',
          [
            ['Merchant', merchant.name],
            ['Mode', owner.mode],
          ],
        ),
        fields: [
          {
            name: 'label',
            label: 'Label',
            type: 'text',
            value: 'main',
            required: true,
            maxlength: KEY_LABEL_MAX,
          },
          {
            name: 'scopes',
            label: 'What it may do',
            type: 'text',
            value: SCOPES.join(' '),
            required: true,
            hint: `Some of ${SCOPES.join(', ')}`,
          },
        ],
        button: { label: 'Make the key', isDanger: false },
        back: visit.href(`/ops/merchants/${merchant.id}`),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { merchant, owner } = await find(dependencies, visit);
      const label = labelIn(form);
      const scopes = scopesIn(form);
      const { id, key, secret_hash } = mintKey(owner.mode, apiKeyPepper);
      const row = {
        id,
        owner,
        label,
        scopes,
        secret_hash,
        created_at: new Date(now()).toISOString(),
        expires_at: null,
      };
      const stored = await insertApiKey(pool, row, noteOf(visit, reason, { label, scopes }), null);
      if (stored !== 'stored') throw tooManyKeys(label);
      logger.info(
        { key_id: id, merchant_id: merchant.id, operator: visit.operator.name, scopes },
        'an API key was made',
      );
      const href = visit.href(`/ops/merchants/${merchant.id}`);
      return {
        tone: 'good',
        said: 'The key is made.',
        href,
        once: {
          title: 'The new key',
          body: html`${notice('good', { title: 'The key is made', text: 'Copy it now: it is not shown again, and nobody can find it out. If it is lost, revoke it and make another.' })}
            ${card(copyables([{ term: `API key of ${merchant.name}, ${owner.mode}`, shown: key, value: key }], { copy: 'Copy', copied: 'Copied' }))}
            <div class="buttons">${buttonLink('plain', 'Done', href)}</div>`,
        },
      };
    },
  };
}

export function endMerchantKey(dependencies: OpsDependencies): OpsAction {
  const { pool, logger, keys } = dependencies;
  const find = async (visit: Visit) => {
    const owner = await mustOwn(dependencies, visit, 'key');
    const key = await findMerchantKey(pool, owner, visit.params['id'] ?? '');
    if (key === null) throw notFound('API key');
    return { owner, key };
  };
  return {
    path: '/ops/keys/:id/revoke',
    role: 'admin',
    async ask(visit) {
      const { owner, key } = await find(visit);
      return {
        title: `Revoke the key “${key.label}”?`,
        text: about('Requests with it are refused within seconds. It cannot be had back.', [
          ['Key', html`<span class="mono">${key.id}</span>`],
          ['Last used', key.last_used_at ?? 'never'],
        ]),
        button: { label: 'Revoke it', isDanger: true },
        back: visit.href(`/ops/merchants/${owner.merchant_id}`),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { owner, key } = await find(visit);
      await revokeMerchantKey(pool, owner, key.id, noteOf(visit, reason));
      forgetKey(keys, key.id);
      logger.info({ key_id: key.id, operator: visit.operator.name }, 'an API key was revoked');
      return {
        tone: 'good',
        said: 'The key is revoked.',
        href: visit.href(`/ops/merchants/${owner.merchant_id}`),
      };
    },
  };
}

function labelIn(form: URLSearchParams): string {
  const label = (form.get('label') ?? '').trim();
  if (label !== '' && label.length <= KEY_LABEL_MAX && !label.includes('\0')) return label;
  const expected = `a label of 1 to ${KEY_LABEL_MAX} characters`;
  throw invalidFields([{ pointer: '/label', code: 'required', detail: `must be ${expected}`, expected }]);
}

function scopesIn(form: URLSearchParams): Scope[] {
  const named = (form.get('scopes') ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const known = SCOPES.filter((scope) => named.includes(scope));
  if (named.length > 0 && new Set(named).size === known.length) return inOrder(known);
  const expected = `some of ${SCOPES.join(', ')}`;
  throw invalidFields([
    { pointer: '/scopes', code: 'unknown_scope', detail: `must be ${expected}`, expected },
  ]);
}
