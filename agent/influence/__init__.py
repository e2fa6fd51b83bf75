"""Which passages did the answer hang on? Each is taken away in turn, and the model is asked again."""

from evitrail.agent.influence.values import Influence, PassageInfluence, Way

__all__ = ["Influence", "PassageInfluence", "Way"]
