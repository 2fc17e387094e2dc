"""The fixed routes, thin: each module reads a request, asks one collaborator, and gives an answer."""

from platypush.backend.http.app.routes import (
    api,
    assets,
    auth,
    execute,
    health,
    hook,
    login,
    logout,
    metrics,
    openapi,
    panel,
    register,
    resources,
)

__all__ = ["BLUEPRINTS"]

BLUEPRINTS = (
    panel.blueprint,
    login.blueprint,
    register.blueprint,
    logout.blueprint,
    auth.blueprint,
    execute.blueprint,
    hook.blueprint,
    resources.blueprint,
    *api.BLUEPRINTS,
    openapi.blueprint,
    health.blueprint,
    metrics.blueprint,
    assets.blueprint,
)
