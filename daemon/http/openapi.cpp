#include "http/openapi.h"

namespace keeper {

std::string_view openapi_json() {
  static constexpr std::string_view text = R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "session-keeper status API",
  "version": "1",
  "description": "Lists are newest first; `next` is `before` for the following page."
 },
 "paths": {
  "/-/healthy": {
   "get": {
    "summary": "The process answers",
    "responses": {
     "200": {"description": "healthy"},
     "503": {"$ref": "#/components/responses/problem"}
    }
   }
  },
  "/-/ready": {
   "get": {
    "summary": "Store, listeners and loop are up",
    "responses": {
     "200": {"description": "ready"},
     "503": {"$ref": "#/components/responses/problem"}
    }
   }
  },
  "/-/reload": {
   "post": {
    "summary": "Read the configuration anew, all of it or none",
    "security": [{"control": []}],
    "responses": {
     "200": {"description": "loaded"},
     "401": {"$ref": "#/components/responses/problem"},
     "422": {"$ref": "#/components/responses/problem"}
    }
   }
  },
  "/api/v1/status": {
   "get": {
    "summary": "The daemon at a glance",
    "responses": {"200": {"description": "status"}}
   }
  },
  "/api/v1/plans": {
   "get": {
    "summary": "Plans, by name",
    "parameters": [
     {"$ref": "#/components/parameters/limit"},
     {"$ref": "#/components/parameters/before"}
    ],
    "responses": {
     "200": {"description": "plans"},
     "400": {"$ref": "#/components/responses/problem"}
    }
   }
  },
  "/api/v1/plans/{name}": {
   "get": {
    "summary": "One plan",
    "parameters": [{"$ref": "#/components/parameters/name"}],
    "responses": {
     "200": {"description": "plan"},
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/plans/{name}/next": {
   "get": {
    "summary": "Coming occurrences",
    "parameters": [
     {
      "$ref": "#/components/parameters/name"
     },
     {
      "name": "n",
      "in": "query",
      "schema": {
       "type": "integer",
       "minimum": 1,
       "maximum": 1000,
       "default": 10
      }
     }
    ],
    "responses": {
     "200": {"description": "occurrences"},
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/sessions": {
   "get": {
    "summary": "Sessions",
    "parameters": [
     {
      "name": "plan",
      "in": "query",
      "schema": {"type": "string"}
     },
     {
      "name": "provider",
      "in": "query",
      "schema": {"type": "string"}
     },
     {
      "name": "state",
      "in": "query",
      "schema": {
       "enum": [
        "queued",
        "active",
        "closed",
        "error",
        "timed_out"
       ]
      }
     },
     {"$ref": "#/components/parameters/limit"},
     {"$ref": "#/components/parameters/before"}
    ],
    "responses": {
     "200": {"description": "sessions"},
     "400": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/sessions/{id}": {
   "get": {
    "summary": "One session",
    "parameters": [{"$ref": "#/components/parameters/id"}],
    "responses": {
     "200": {"description": "session"},
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/sessions/{id}/transitions": {
   "get": {
    "summary": "Its transitions",
    "parameters": [
     {
      "$ref": "#/components/parameters/id"
     },
     {
      "$ref": "#/components/parameters/limit"
     },
     {
      "$ref": "#/components/parameters/before"
     },
     {
      "$ref": "#/components/parameters/after_seq"
     }
    ],
    "responses": {
     "200": {
      "description": "transitions"
     },
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/sessions/{id}/explain": {
   "get": {
    "summary": "Why it is in its state, and what comes next, in sentences",
    "parameters": [
     {
      "$ref": "#/components/parameters/id"
     }
    ],
    "responses": {
     "200": {
      "description": "explanation"
     },
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/transitions": {
   "get": {
    "summary": "Transitions; with after_seq oldest first",
    "parameters": [
     {
      "name": "session",
      "in": "query",
      "schema": {"type": "string"}
     },
     {
      "name": "plan",
      "in": "query",
      "schema": {"type": "string"}
     },
     {
      "$ref": "#/components/parameters/after_seq"
     },
     {"$ref": "#/components/parameters/limit"},
     {"$ref": "#/components/parameters/before"}
    ],
    "responses": {
     "200": {"description": "transitions"},
     "400": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/plans/{name}/missed": {
   "get": {
    "summary": "Occurrences that were due and began nothing: overlap, too_late or paused",
    "parameters": [
     {
      "name": "name",
      "in": "path",
      "required": true,
      "schema": {"type": "string"}
     },
     {"$ref": "#/components/parameters/limit"},
     {"$ref": "#/components/parameters/before"}
    ],
    "responses": {
     "200": {"description": "missed"},
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/plans/{name}/start": {"post": {"summary": "Begin an occurrence now, and lift a pause",
   "security": [{"control": []}], "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/plans/{name}/stop": {"post": {"summary": "End its sessions and pause it",
   "security": [{"control": []}], "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/plans/{name}/pause": {"post": {"summary": "No starts until it is resumed; the body may give until and reason",
   "security": [{"control": []}], "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/plans/{name}/resume": {"post": {"summary": "Lift the pause",
   "security": [{"control": []}], "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/sessions/{id}/stop": {"post": {"summary": "End one session; cancel=true: by the provider's cancel call",
   "security": [{"control": []}], "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/stop-all": {"post": {"summary": "End every session and pause every plan",
   "security": [{"control": []}], "responses": {"202": {"description": "on disk"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/cost": {"get": {"summary": "Session time and estimated cost by plan and provider, and the budgets",
   "parameters": [{"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}}, {"name": "until", "in": "query", "schema": {"type": "string", "format": "date-time"}}],
   "responses": {"200": {"description": "cost"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/notifications": {"get": {"summary": "Messages to notification targets, newest first",
   "parameters": [{"name": "target", "in": "query", "schema": {"type": "string"}}, {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/before"}],
   "responses": {"200": {"description": "notifications"}, "default": {"$ref": "#/components/responses/problem"}}}},
  "/api/v1/orphans": {"get": {"summary": "Remotes that no session stands for, and when they were looked for",
   "responses": {"200": {"description": "orphans and sweeps"}}}},
  "/api/v1/deliveries": {
   "get": {
    "summary": "Webhook deliveries",
    "parameters": [
     {
      "name": "provider",
      "in": "query",
      "schema": {"type": "string"}
     },
     {
      "name": "disposition",
      "in": "query",
      "schema": {
       "enum": [
        "applied",
        "held",
        "late",
        "ignored",
        "unmatched"
       ]
      }
     },
     {
      "name": "session",
      "in": "query",
      "schema": {"type": "string"}
     },
     {"$ref": "#/components/parameters/limit"},
     {"$ref": "#/components/parameters/before"}
    ],
    "responses": {
     "200": {"description": "deliveries"},
     "400": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/deliveries/{id}": {
   "get": {
    "summary": "The raw body of a delivery, as signed",
    "parameters": [{"$ref": "#/components/parameters/id"}],
    "responses": {
     "200": {"description": "body"},
     "404": {
      "$ref": "#/components/responses/problem"
     }
    }
   }
  },
  "/api/v1/events": {
   "get": {
    "summary": "Server-Sent Events, one per transition; id is its seq",
    "parameters": [
     {
      "name": "Last-Event-ID",
      "in": "header",
      "schema": {"type": "integer"}
     }
    ],
    "responses": {
     "200": {
      "description": "stream",
      "content": {"text/event-stream": {}}
     },
     "503": {"$ref": "#/components/responses/problem"}
    }
   }
  },
  "/metrics": {
   "get": {
    "summary": "Prometheus text",
    "responses": {"200": {"description": "metrics"}}
   }
  }
 },
 "components": {
  "securitySchemes": {"control": {"type": "http", "scheme": "bearer"}},
  "parameters": {
   "limit": {
    "name": "limit",
    "in": "query",
    "schema": {
     "type": "integer",
     "minimum": 1,
     "maximum": 1000,
     "default": 100
    }
   },
   "before": {
    "name": "before",
    "in": "query",
    "description": "the cursor `next` of the page before",
    "schema": {"type": "string"}
   },
   "after_seq": {
    "name": "after_seq",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0}
   },
   "name": {
    "name": "name",
    "in": "path",
    "required": true,
    "schema": {"type": "string"}
   },
   "id": {
    "name": "id",
    "in": "path",
    "required": true,
    "schema": {"type": "string"}
   }
  },
  "responses": {
   "problem": {
    "description": "a problem document",
    "content": {
     "application/problem+json": {
      "schema": {
       "type": "object"
      }
     }
    }
   }
  }
 }
})json";
  return text;
}

}  // namespace keeper
