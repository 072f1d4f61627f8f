/**
 * Writing in the built program, in pseudo-terminals of every size, while their
 * sizes change: the draft is sent as it is shown.
 */
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import { writing } from '../../helpers/sizes/writing.ts';

testFromOneSize(writing);
