/** The exercises of a lesson. test/long/ has all of them. */
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { expectVerdicts } from '../helpers/workshop/rehearse.ts';

expectVerdicts(loadExercises().filter((exercise) => exercise.core === true));
