/** Commands and keys of the built program, in pseudo-terminals of every size, while their sizes change. */
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';
import { commanding } from '../../helpers/sizes/commanding.ts';

testFromOneSize(commanding);
