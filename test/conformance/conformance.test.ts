import { defineConformance } from './conformance.ts';
import { postgres } from './postgres.ts';

defineConformance(postgres(false));
defineConformance(postgres(true));
