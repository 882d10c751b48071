import { defineConformance } from './conformance.ts';
import { http } from './http.ts';

defineConformance(http(false));
defineConformance(http(true));
