"""Rights of the input pictures, and how a result states them.

`record` and `licences` say what can be known about a picture, `reading` and `inputs` read it, `rules`
draws the consequences, `credit` and `writing` state them in the result, `credentials` signs it.
"""

from stylelab.rights.credit import input_credit

__all__ = ["input_credit"]
