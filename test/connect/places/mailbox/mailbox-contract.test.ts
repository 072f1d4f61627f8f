import { startMailboxPlace } from '../../../helpers/servers/mailbox-place.ts';
import { describePlace } from '../contract.ts';

describePlace({ kind: 'mailbox', afterVanishing: 'is spent', start: startMailboxPlace });
