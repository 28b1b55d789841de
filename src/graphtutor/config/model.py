"""The settings of the base model: which one, what runs it, how precisely, or where it is served."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ModelConfig", "ServerConfig"]


class ServerConfig(BaseModel):
    """How servers are asked by the openai engine; the other engines do not look at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: tuple[str, ...] = Field(
        default=(), description="base addresses, e.g. http://localhost:8000/v1; requests are shared"
    )
    chat: bool = Field(
        default=True, description="ask /chat/completions; false asks /completions, without template"
    )
    concurrency: int = Field(default=8, ge=1, description="requests under way at a time, per URL")
    timeout_seconds: float = Field(default=120.0, gt=0, description="for one request")
    retries: int = Field(
        default=5, ge=0, description="further tries of a request that failed for a passing reason"
    )
    key_variable: str = Field(
        default="OPENAI_API_KEY", description="environment variable that holds the key, if any"
    )
    price_in: float = Field(default=0.0, ge=0, description="price of a million prompt tokens")
    price_out: float = Field(default=0.0, ge=0, description="price of a million completion tokens")
    window: int = Field(default=8192, ge=16, description="tokens the served model can hold")


class ModelConfig(BaseModel):
    """The base model and the engine that runs it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        default="nano",
        description="nano, a local folder, or a hub id; for openai the name that the server knows",
    )
    revision: str = Field(default="", description="commit of a hub model; empty takes the newest")
    backend: Literal["torch", "mlx", "unsloth", "openai", "fake"] = Field(
        default="torch", description="engine"
    )
    device: str = Field(default="auto", description="auto, cpu, cuda or mps; mlx: auto, cpu or gpu")
    threads: int = Field(
        default=0, ge=0, description="CPU threads, not of mlx; 0 leaves the library's choice"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16", "4bit"] = Field(
        default="auto",
        description="weights and products; auto: bf16 on CUDA, fp16 on MPS, and on a CPU fp32 "
        "with products in bf16 where these are faster; 4bit on CUDA only",
    )
    batch_rows: int = Field(
        default=256, ge=1, description="completions decoded together, at most; changes no result"
    )
    server: ServerConfig = ServerConfig()
