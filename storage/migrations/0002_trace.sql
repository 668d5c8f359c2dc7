-- Which call started a run, and which trace its steps belong to (core/trace.hpp). Empty: started before this was kept.
ALTER TABLE run ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
ALTER TABLE step_log ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
