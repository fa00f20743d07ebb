import type { CheckoutTexts } from './en.ts';

export const fr: CheckoutTexts = {
  pay_to: (merchant) => `Payer ${merchant}`,
  order: {
    due: 'Montant à payer',
    total: 'Total',
    received: 'Reçu',
    left: 'Reste à payer',
    reference: 'Référence',
    items: 'Articles',
    pay_by: 'À payer avant',
    details: 'Détails de la commande',
  },
  choose: 'Choisissez comment payer',
  change: 'Payer autrement',
  back: 'Retour',
  busy: 'Indisponible pour le moment',
  none: {
    title: 'Aucun moyen de payer en ligne',
    text: 'Demandez à la boutique comment vous pouvez payer.',
  },
  flow: {
    redirect: 'Payer sur leur page sécurisée',
    qr_code: 'Scanner un code ou ouvrir l’application',
    bank_transfer: 'Virement avec votre application bancaire',
    confirm_on_phone: 'Confirmer sur votre téléphone',
  },
  card: 'Carte bancaire',
  setback: {
    declined: {
      title: 'Le paiement a été refusé',
      text: 'Rien n’a été prélevé. Vous pouvez réessayer ou choisir un autre moyen de paiement.',
    },
    lapsed: {
      title: 'Le délai de paiement est écoulé',
      text: 'Aucun argent n’est arrivé. Si vous avez déjà payé, ne payez pas une seconde fois. Sinon, vous pouvez recommencer.',
    },
    unavailable: {
      title: 'Ce service est injoignable pour le moment',
      text: 'Rien n’a été prélevé. Réessayez dans une minute ou choisissez un autre moyen de paiement.',
    },
    refused: {
      title: 'Ce service ne peut pas prendre ce paiement',
      text: 'Rien n’a été prélevé. Choisissez un autre moyen de paiement.',
    },
    left: {
      title: 'Le paiement n’a pas été terminé',
      text: 'Vous pouvez réessayer ou choisir un autre moyen de paiement.',
    },
  },
  again: (service) => `Réessayer avec ${service}`,
  or_another: 'ou choisissez un autre moyen',
  partial: (received, left) => `${received} sont arrivés. Il reste ${left} à payer.`,
  details: {
    title: (service) => `Payer avec ${service}`,
    name: 'Nom complet',
    phone: 'Numéro de téléphone',
    email: 'Adresse e-mail',
    phone_hint: (example) => `Par exemple ${example}`,
    wrong: {
      name: 'Saisissez votre nom.',
      phone: 'Ce n’est pas un numéro mobile accepté par le service. Vérifiez les chiffres.',
      email: 'Ce n’est pas une adresse e-mail. Vérifiez-la.',
    },
    submit: 'Continuer',
  },
  forward: {
    title: (service) => `Nous vous envoyons vers ${service}`,
    text: 'Vous payez sur leur page, puis vous revenez ici.',
    link: 'Continuer',
  },
  redirect: {
    title: (service) => `Payer avec ${service}`,
    text: 'Votre paiement vous attend sur leur page. Une fois terminé, cette page se met à jour toute seule.',
    came_back:
      'Le paiement n’est pas encore terminé. Vous pouvez reprendre où vous en étiez ou payer autrement.',
    button: (service) => `Continuer vers ${service}`,
  },
  transfer: {
    title: 'Payer par virement',
    text: 'Scannez le code avec votre application bancaire. Le montant et le libellé sont remplis.',
    scan: 'Code QR pour applications bancaires',
    by_hand: 'Ou saisissez le virement vous-même',
    bank: 'Banque',
    account_name: 'Titulaire du compte',
    account_number: 'Numéro de compte',
    amount: 'Montant',
    remark: 'Libellé',
    remark_hint: 'Saisissez le libellé exactement ainsi, pour que votre paiement soit reconnu.',
  },
  code: {
    title: (service) => `Payer avec ${service}`,
    text: 'Scannez le code avec l’application, ou saisissez-le dedans.',
    code: 'Code à saisir dans l’application',
    open: (app) => `Ouvrir l’application (${app})`,
    apps: { Personal: 'personnelle', Business: 'professionnelle', Corporate: 'entreprise' },
  },
  qr_alt: 'Code QR de ce paiement',
  phone: {
    title: 'Confirmez sur votre téléphone',
    text: (hint) =>
      hint === null
        ? 'Une demande a été envoyée à votre téléphone. Saisissez-y votre code PIN pour payer.'
        : `Une demande a été envoyée au téléphone ${hint}. Saisissez-y votre code PIN pour payer.`,
    slow: 'Rien reçu ? Cela peut prendre une minute. Sinon, essayez un autre numéro ou un autre moyen.',
  },
  time_left: 'Temps restant',
  waiting: 'En attente de votre paiement. Cette page se met à jour toute seule.',
  pay_once: 'Si vous avez déjà payé, ne payez pas une seconde fois.',
  check: 'Vérifier de nouveau',
  processing: {
    title: 'Nous vérifions votre paiement',
    text: 'Cela prend en général quelques secondes. Si vous avez déjà payé, ne payez pas une seconde fois.',
  },
  authorized: {
    title: 'Paiement approuvé',
    text: 'Vous n’avez plus rien à faire. La boutique termine le paiement.',
  },
  paid: { title: 'Paiement reçu', text: 'Merci. Voici votre reçu.' },
  overpaid: {
    title: 'Paiement reçu, avec un trop-perçu',
    text: (excess) => `Merci. ${excess} sont arrivés en plus. La boutique le sait et vous contactera.`,
  },
  refunded: {
    title: 'Le paiement a été remboursé',
    text: (amount) => `${amount} ont été renvoyés. Cela peut prendre quelques jours.`,
  },
  expired: {
    title: 'Le délai de paiement est dépassé',
    text: 'Cette commande ne peut plus être payée ici. Retournez à la boutique pour commander de nouveau.',
  },
  canceled: {
    title: 'Cette commande a été annulée',
    text: 'Il n’y a rien à payer. Si vous avez payé, la boutique vous contactera.',
  },
  not_found: {
    title: 'Ce lien ne fonctionne pas',
    text: 'Il est incomplet ou trop ancien. Demandez-en un nouveau à la boutique.',
  },
  too_many: {
    title: 'Un instant, s’il vous plaît',
    text: 'C’était un peu trop rapide. Réessayez dans quelques secondes.',
  },
  broken: {
    title: 'Quelque chose ne fonctionne pas',
    text: 'C’est notre faute, pas la vôtre. Regardez de nouveau dans un instant, avant de payer encore.',
  },
  receipt: {
    merchant: 'Payé à',
    service: 'Payé avec',
    date: 'Date',
    transaction: 'Transaction',
    amount: 'Montant',
    print: 'Imprimer le reçu',
  },
  back_to_shop: 'Retour à la boutique',
  help: 'Une question ? Contactez la boutique',
  language: 'Langue',
  copy: 'Copier',
  copied: 'Copié',
  sending: 'Un instant…',
};
