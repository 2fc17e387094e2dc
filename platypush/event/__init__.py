"""Events at work: the ``hook`` decorator, what matches what, and the processor that runs hooks in the daemon."""
