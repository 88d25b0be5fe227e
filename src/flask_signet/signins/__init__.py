"""The register: who is in, on which device, since when.

A cookie says who the browser claims to be. This room remembers whether that is still
so: it opens a sign-in, finds it by its token, and closes one, or all of a person's, or
all but one.

No request ever comes in here. Callers bring the token, the store and the time.
"""

from .events import Event as Event
from .events import Kind as Kind
from .record import Method as Method
from .record import SignIn as SignIn
from .register import Register as Register
from .steps import Step as Step
from .store import ConnectionLost as ConnectionLost
from .store import Full as Full
from .store import Store as Store
from .store import StoreBusy as StoreBusy
from .store import StoreDown as StoreDown
from .tokens import Digest as Digest
from .tokens import Token as Token
