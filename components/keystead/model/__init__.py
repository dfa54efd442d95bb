"""Facts without behaviour: clouds, naming per cloud, tiers, principals, regions, durations, timestamps, errors.

Everything else may import it and it imports nothing of ours, so a change here needs a look at whoever uses what
changed. What a name, an ARN or a label looks like is computed here and nowhere else.
"""
