/** The terminal goes away: the states and ways that `npm test` leaves out. */
import { otherCases, testCases } from '../helpers/terminal/gone.ts';

testCases(otherCases);
