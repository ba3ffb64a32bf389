import type { MailWords } from './words.ts'

const IGNORE = 'Si no has sido tú, no tienes que hacer nada: sin el enlace no ocurre nada.'
const ROLES = {
  owner: 'con todos los permisos',
  editor: 'con permiso para editar',
  viewer: 'con permiso para ver',
}

const hello = (name: string) => (name ? `Hola, ${name}:` : 'Hola:')

export const SPANISH: MailWords = {
  language: 'es',
  verify: ({ name }) => ({
    subject: 'Confirma tu dirección',
    greeting: hello(name),
    body: [
      'Te damos la bienvenida a Cornerman. Confirma que esta dirección es tuya y tu cuenta quedará abierta.',
    ],
    action: 'Confirmar la dirección',
    after: ['El enlace funciona una vez, durante 24 horas.', IGNORE],
  }),
  knownAccount: ({ name }) => ({
    subject: 'Ya tienes una cuenta',
    greeting: hello(name),
    body: [
      'Alguien, seguramente tú, acaba de intentar abrir una cuenta de Cornerman con esta dirección. Ya tienes una.',
      'Si no recuerdas la contraseña, pide una nueva en la página de acceso.',
    ],
    action: 'Entrar',
    after: ['Si no has sido tú, no tienes que hacer nada: tu cuenta sigue como estaba.'],
  }),
  magicLink: ({ name }) => ({
    subject: 'Tu enlace para entrar',
    greeting: hello(name),
    body: ['Aquí tienes el enlace que has pedido.'],
    action: 'Entrar en Cornerman',
    after: ['El enlace funciona una vez, durante 15 minutos.', IGNORE],
  }),
  reset: ({ name }) => ({
    subject: 'Elige una contraseña nueva',
    greeting: hello(name),
    body: [
      'Aquí tienes el enlace para elegir una contraseña nueva. Cierra tu sesión en todos los dispositivos.',
    ],
    action: 'Elegir una contraseña nueva',
    after: ['El enlace funciona una vez, durante 30 minutos.', IGNORE],
  }),
  passwordChanged: ({ name }) => ({
    subject: 'Tu contraseña ha cambiado',
    greeting: hello(name),
    body: [
      'La contraseña de tu cuenta de Cornerman acaba de cambiar y se ha cerrado la sesión en tus otros dispositivos.',
    ],
    action: 'Abrir tu cuenta',
    after: ['Si no has sido tú, pide enseguida una contraseña nueva en la página de acceso.'],
  }),
  invitation: ({ creatorName, inviterName, role }) => ({
    subject: `${inviterName} te invita a ${creatorName}`,
    greeting: hello(''),
    body: [
      `${inviterName} te invita a trabajar en los bots de ${creatorName} con Cornerman, ${ROLES[role]}.`,
    ],
    action: 'Ver la invitación',
    after: [
      'El enlace funciona una vez, durante 7 días.',
      'Si no conoces a quien te invita, no tienes que hacer nada.',
    ],
  }),
  receipt: ({ name }, { botName, what, amount }) => ({
    subject: `Tu recibo de ${botName}`,
    greeting: hello(name),
    body: ['Gracias, tu pago ha llegado. El recibo está en el enlace.'],
    facts: [
      ['Concepto', what],
      ['Importe', amount],
    ],
    action: 'Abrir el recibo',
    after: [`También tienes todos tus recibos en el chat con ${botName}: escribe /receipts.`],
  }),
  paymentFailed: ({ name }, { botName, planName, amount, until }) => ({
    subject: `Tu pago a ${botName} no se ha completado`,
    greeting: hello(name),
    body: [
      `Tu tarjeta o tu cuenta ha rechazado el último pago de ${planName}. Suele pasar, por ejemplo, cuando se cambia de tarjeta.`,
      `Tu acceso sigue igual hasta el ${until}. Revisa tu forma de pago y no cambiará nada.`,
    ],
    facts: [
      ['Plan', planName],
      ['Importe', amount],
    ],
    action: 'Revisar la forma de pago',
    after: ['Si ya lo has hecho, no tienes que hacer nada más.'],
  }),
  paidButLost: ({ name }, { botName, planName, amount }) => ({
    subject: `Has pagado por ${botName}: aquí está tu entrada`,
    greeting: hello(name),
    body: [
      `Gracias por tu pago. Todavía no has abierto el chat con ${botName}, así que no sabemos dónde darte acceso.`,
      'Sigue el enlace y pulsa Iniciar. Tu plan empieza en ese momento.',
    ],
    facts: [
      ['Plan', planName],
      ['Importe', amount],
    ],
    action: 'Abrir el chat',
    after: ['El enlace es solo para ti: quien lo siga primero se queda con el plan.'],
  }),
  orderConfirmed: ({ name }, { botName, ...order }) => ({
    subject: `Tu pedido a ${botName}`,
    greeting: hello(name),
    body: ['Gracias, tu pedido ha llegado y está pagado.'],
    facts: orderFacts(order),
    action: 'Seguir el paquete',
    after: ['Te escribiremos de nuevo cuando esté en camino.'],
  }),
  orderShipped: ({ name }, { botName, ...order }) => ({
    subject: `Tu pedido a ${botName} está en camino`,
    greeting: hello(name),
    body: ['Buenas noticias: tu pedido ha salido.'],
    facts: orderFacts(order),
    action: 'Seguir el paquete',
    after: [`Si no llega, escribe a ${botName} e indica el pedido.`],
  }),
  orderRefunded: ({ name }, { botName, ...order }) => ({
    subject: `Tu dinero de ${botName} está de vuelta`,
    greeting: hello(name),
    body: ['Te hemos devuelto lo que pagaste por este pedido. Tu banco lo mostrará en unos diez días.'],
    facts: orderFacts(order),
    action: 'Ver el pedido',
    after: [`Si tienes alguna pregunta, escribe a ${botName} e indica el pedido.`],
  }),
  weeklyDigest: ({ name }, { creatorName, ...week }) => ({
    subject: `Tu semana con ${creatorName}`,
    greeting: hello(name),
    body: [`Esto es lo que pasó del ${week.from} al ${week.to}.`],
    facts: [
      ['Preguntas', week.questions],
      ['Respondidas', week.answered],
      ['Personas que preguntaron', week.people],
      ['Personas nuevas', week.newPeople],
      ['Preguntas que tu material no responde', week.openGaps],
    ],
    action: 'Ver toda la semana',
    after: [],
  }),
  gapDigest: ({ name }, { creatorName, gaps, total }) => ({
    subject: `Lo que preguntaron a ${creatorName} sin respuesta`,
    greeting: hello(name),
    body: [
      'Tu material no tenía respuesta para estas preguntas. Responde una y se lo diremos a todos los que la hicieron.',
    ],
    quotes: gaps.map(({ question, count }) => (count > 1 ? `${question} (${count} veces)` : question)),
    action: 'Responder',
    after: [`Preguntas que esperan respuesta: ${total}.`],
  }),
  followUp: ({ name }, { subject, text }) => ({
    subject,
    greeting: hello(name),
    body: text.split(/\n{2,}/),
    action: 'Ir al chat',
    after: [],
  }),
  stop: {
    why: 'Puedes dejar de recibir estos correos cuando quieras.',
    action: 'No recibir más estos correos',
  },
  stopPage: {
    title: '¿No recibir más estos correos?',
    ask: 'Pulsa el botón y dejarán de llegar. Los demás correos siguen igual.',
    action: 'No recibir más estos correos',
    done: 'Hecho. Estos correos ya no llegarán.',
    spent: 'Este enlace ya no funciona. Usa el de un correo más reciente.',
  },
  newsNames: {
    'weekly-digest': 'La semana en cifras',
    'gap-digest': 'Preguntas sin respuesta',
    'client-follow-up': 'Correos personales',
  },
}

type Order = {
  productName: string
  quantity: string
  amount: string
  orderNumber: string
  tracking?: string | undefined
}

function orderFacts({ productName, quantity, amount, orderNumber, tracking }: Order): [string, string][] {
  const facts: [string, string][] = [
    ['Pedido', orderNumber],
    ['Artículo', productName],
    ['Cantidad', quantity],
    ['Importe', amount],
  ]
  return tracking ? [...facts, ['Envío', tracking]] : facts
}
