/** The webhooks that a provider says are registered for an account: it is asked when somebody looks. */
import type { RegisteredWebhook } from '../../providers/contract.ts';
import { html, type Html } from '../../pages/html.ts';
import { badge, buttonLink, card, emptyState, facts, notice, table } from '../../pages/look/components.ts';
import { createWebhookRegistrar } from '../routes/account-webhooks.ts';
import { notFound } from '../problem.ts';
import { mustOwn } from './acting.ts';
import type { OpsDependencies, OpsPage } from './page.ts';

export function registrationsPage(dependencies: OpsDependencies): OpsPage {
  const registrar = createWebhookRegistrar(dependencies);
  return {
    path: '/ops/providers/:id/registrations',
    nav: null,
    // It makes a call in the merchant's name.
    role: 'operator',
    async show(visit) {
      const owner = await mustOwn(dependencies, visit, 'pacc');
      const id = visit.params['id'] ?? '';
      const opened = await registrar.open(owner, id);
      if (opened.connector.findWebhooks === undefined) throw notFound('call that tells what is registered');
      const { registered, problem } = await registrar.look(opened);
      const isDone = registered?.some(({ standing }) => standing === 'current') ?? false;
      const register = buttonLink(
        isDone ? 'plain' : 'main',
        isDone ? 'Register it again' : 'Register the webhook',
        visit.href(`/ops/providers/${id}/webhook`),
      );
      const state =
        problem === null
          ? isDone
            ? notice('good', { text: 'The provider sends webhooks to where we wait for them.' })
            : notice('bad', {
                title: 'The provider does not send webhooks to us',
                text: 'Payments are then noticed by asking only. Register the webhook.',
              })
          : notice('busy', {
              title: 'The provider cannot be asked now',
              text: `What is registered stays as it is. It says: ${problem.detail}.`,
            });
      return {
        title: `Webhooks registered at ${opened.row.provider}`,
        body: html`<p class="soft">
            <a href="${visit.href(`/ops/providers/${id}`)}">${opened.row.provider} (${opened.row.label})</a> ·
            <span class="mono">${id}</span>
          </p>
          ${state}
          ${card(
            html`${facts([{ term: 'Where we wait for them', text: html`<span class="mono">${opened.url}</span>` }])}
              ${registeredPart(registered)}
              <div class="buttons">${register}</div>`,
          )}`,
      };
    },
  };
}

const STANDING: Readonly<Record<RegisteredWebhook['standing'], Html>> = {
  current: badge('as it should be', 'good'),
  outdated: badge('out of date', 'busy'),
  other: badge('of somebody else'),
};

function registeredPart(registered: readonly RegisteredWebhook[] | null): Html | null {
  if (registered === null) return null;
  if (registered.length === 0) return emptyState('None is registered', 'The provider knows of no webhook.');
  return table(
    'Registered at the provider',
    [{ title: 'Its id' }, { title: 'Address' }, { title: 'Events' }, { title: 'Standing' }],
    registered.map(({ id, url, events, standing }) => [
      html`<span class="mono">${id}</span>`,
      html`<span class="mono">${url}</span>`,
      events === null ? 'all' : events.join(', '),
      STANDING[standing],
    ]),
  );
}
