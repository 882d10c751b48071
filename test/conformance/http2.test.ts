import { defineConformance } from './conformance.ts';
import { http } from './http.ts';

defineConformance(http(true, '2'));
