import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AppliedCalibration as Applied } from '../domain/calibration.js';
import type { CalibrationRecord } from '../domain/evaluation-records.js';
import type { AnalysisRecord } from '../domain/records.js';
import { AnalysisType } from './analysis.type.js';
import { AppliedCalibration, CalibrateModelInput, CalibrationType } from './calibration.type.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { CALIBRATE_MODEL, CalibrateModelResult, RETIRE_CALIBRATION, RetireCalibrationResult } from './results.type.js';

@Resolver(() => AnalysisType)
export class CalibrationResolver {
  @Query(() => [CalibrationType], { description: "Calibrations of this workspace, the newest first; a model's own is not among them." })
  calibrations(@Ctx() context: RequestContext, @Arg('model', () => ID, { nullable: true, description: 'Only of this model.' }) model: string | null): Promise<readonly CalibrationRecord[]> {
    return context.services.calibrations.list(context.principal, model ?? null);
  }

  @Mutation(() => CalibrateModelResult, { description: 'Fits confidence, prediction sets and abstention on an evaluation run. Later analyses follow it; what is stored stays.' })
  calibrateModel(@Ctx() context: RequestContext, @Arg('input', () => CalibrateModelInput, { description: 'What to calibrate by.' }) input: CalibrateModelInput): Promise<CalibrationRecord | Problem> {
    return orProblem(CALIBRATE_MODEL, () => context.services.calibrations.calibrate(context.principal, input));
  }

  @Mutation(() => RetireCalibrationResult, { description: "Takes a calibration out of force: the one before it, or the model's own, counts again." })
  retireCalibration(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the calibration.' }) id: string): Promise<CalibrationRecord | Problem> {
    return orProblem(RETIRE_CALIBRATION, () => context.services.calibrations.retire(context.principal, id));
  }

  @FieldResolver(() => AppliedCalibration, { nullable: true, description: 'What the confidences of this analysis follow; null: none, and they say so.' })
  calibration(@Root() analysis: AnalysisRecord): Applied | null {
    return analysis.calibration ?? null;
  }
}
